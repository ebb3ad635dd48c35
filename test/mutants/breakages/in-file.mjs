const SOURCES = {
  transform: 'packages/transform/src',
  exporter: 'packages/exporter-clickhouse/src',
  receiver: 'packages/receiver/src',
  shop: 'examples/shop',
}

/** Breakages of one source file, such as `transform/sql/text`. The given tests run on each of them first. */
export function inFile(name, tests, breakages) {
  const [where] = name.split('/', 1)
  const file = name.slice(where.length + 1)
  return breakages.map(([name, from, to]) => ({
    name,
    file: `${SOURCES[where]}/${file}.${where === 'shop' ? 'mjs' : 'ts'}`,
    from,
    to,
    tests,
  }))
}
