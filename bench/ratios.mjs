// The ratios that targets are set on and that `npm run bench:check` holds: one row's figure to another's, round by round.

const toOtlp = (section, figure, of = 'spanhouse') => ({ section, figure, of, to: 'otlp-protobuf' })

export const ratios = {
  main: { title: 'main thread, to the OTLP/protobuf exporter', ...toOtlp('cost', 'mainUs') },
  cpu: { title: 'all CPU, to the OTLP/protobuf exporter', ...toOtlp('cost', 'cpuUs') },
  wire: { title: 'bytes sent, to the OTLP/protobuf exporter', ...toOtlp('cost', 'wireBytes') },
  wireBrotli: {
    title: 'bytes sent with brotli, to the OTLP/protobuf exporter',
    ...toOtlp('cost', 'wireBytes', 'spanhouse-br'),
  },
  stringify: {
    title: 'main thread, to row objects and JSON.stringify alone',
    section: 'cost',
    figure: 'mainUs',
    of: 'spanhouse',
    to: 'stringify',
  },
  allocation: {
    title: 'bytes allocated, to the OTLP/protobuf exporter',
    ...toOtlp('allocation', 'bytes'),
  },
  delay: {
    title: 'largest delay added at 10,000 spans a second, to the OTLP/protobuf exporter',
    ...toOtlp('delay', 'largestMs10000'),
  },
}
