/**
 * What each instrumentation patches: a package, or a module of the runtime (`node:…`). `env:…` stands for a host that sets this variable.
 * `metrics` means that the instrumentation patches nothing and only makes metrics.
 */
export const TARGETS: Readonly<Record<string, readonly string[]>> = {
  amqplib: ['amqplib'],
  'aws-lambda': ['env:AWS_LAMBDA_FUNCTION_NAME'],
  'aws-sdk': [
    '@aws-sdk/middleware-stack',
    '@aws-sdk/smithy-client',
    '@smithy/core',
    '@smithy/middleware-stack',
    '@smithy/smithy-client',
  ],
  bunyan: ['bunyan'],
  'cassandra-driver': ['cassandra-driver'],
  connect: ['connect'],
  cucumber: ['@cucumber/cucumber'],
  dataloader: ['dataloader'],
  dns: ['node:dns'],
  express: ['express'],
  fs: ['node:fs'],
  'generic-pool': ['generic-pool'],
  graphql: ['graphql'],
  grpc: ['@grpc/grpc-js'],
  hapi: ['@hapi/hapi'],
  'host-metrics': ['metrics'],
  http: ['node:http', 'node:https'],
  ioredis: ['ioredis'],
  kafkajs: ['kafkajs'],
  knex: ['knex'],
  koa: ['koa', '@koa/router'],
  'lru-memoizer': ['lru-memoizer'],
  memcached: ['memcached'],
  mongodb: ['mongodb'],
  mongoose: ['mongoose'],
  mysql: ['mysql'],
  mysql2: ['mysql2'],
  'nestjs-core': ['@nestjs/core'],
  net: ['node:net'],
  openai: ['openai'],
  oracledb: ['oracledb'],
  pg: ['pg', 'pg-pool'],
  pino: ['pino'],
  redis: ['redis', '@redis/client', '@node-redis/client'],
  restify: ['restify'],
  router: ['router'],
  'runtime-node': ['metrics'],
  'socket.io': ['socket.io'],
  tedious: ['tedious'],
  undici: ['node:undici'],
  winston: ['winston'],
}

/** Loaded only if OTEL_NODE_ENABLED_INSTRUMENTATIONS names them, as with the auto-instrumentations' own register. */
export const OFF_BY_DEFAULT: ReadonlySet<string> = new Set(['fs', 'host-metrics'])

/** The modules and packages that an instrumentation patches. */
export function modulesPatchedBy(short: string): string[] {
  const targets = Object.hasOwn(TARGETS, short) ? (TARGETS[short] ?? []) : []
  return targets.filter((target) => target !== 'metrics' && !target.startsWith('env:'))
}
