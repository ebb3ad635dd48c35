export interface Attempt {
  readonly dataDir: string
  readonly httpPort: number
  readonly tcpPort: number
}

/** One sentence on why the server did not start, from the end of its output. */
export function explainFailedStart(
  output: string,
  { dataDir, httpPort, tcpPort }: Attempt,
): string {
  const code = /Code: (\d+)\. DB::Exception/.exec(output)?.[1]
  if (code === '76')
    return `Another ClickHouse server uses the data directory ${dataDir}: stop it or choose another directory.`
  if (code === '210') {
    const port = /Listen \[?[\d.]+\]?:(\d+) failed/.exec(output)?.[1] ?? (httpPort || tcpPort)
    return /Permission denied/.test(output)
      ? `This user may not use port ${port}: choose one above 1023.`
      : `Port ${port} on 127.0.0.1 is in use: stop what uses it or choose another port.`
  }
  const lines = output.trim().split('\n')
  const said = lines.find((line) => line.includes('DB::Exception')) ?? lines.at(-1)
  return `ClickHouse did not start with the data directory ${dataDir}: ${said?.slice(0, 500) || 'it ended without any output'}`
}
