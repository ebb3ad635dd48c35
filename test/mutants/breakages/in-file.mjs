const SOURCES = {
  transform: 'packages/transform/src',
  exporter: 'packages/exporter-clickhouse/src',
  shop: 'examples/shop',
}

/** Breakages of one source file, which the same tests are run on first. */
export function inFile(name, tests, breakages) {
  const [where, ...path] = name.split('/')
  return breakages.map(([name, from, to]) => ({
    name,
    file: `${SOURCES[where]}/${path.join('/')}.${where === 'shop' ? 'mjs' : 'ts'}`,
    from,
    to,
    tests,
  }))
}
