/** Whether these options or words load the register of the exporter, or ours, which loads it. */
export function loadsRegister(...texts: readonly (string | undefined)[]): boolean {
  return texts.some((text) =>
    /exporter-clickhouse[\\/](?:dist[\\/]\w+[\\/])?register|spanhouse[\\/]dist[\\/]preload/.test(
      text ?? '',
    ),
  )
}
