import type { Signal } from '../declared/fields.js'
import { ENVIRONMENT, type Meaning } from './spellings.js'

// Keys of OpenTelemetry's semantic conventions. The conventions allow no two keys that differ only in dots and underscores, so a column
// `http_route` can only mean `http.route`.

const RESOURCE = `service.name service.namespace service.version service.instance.id service.criticality
  deployment.environment.name deployment.name deployment.id
  host.name host.id host.type host.arch host.ip host.mac host.image.name host.image.id
  os.type os.name os.version os.description os.build_id
  process.pid process.parent_pid process.command process.command_args process.command_line process.owner
  process.executable.name process.executable.path process.runtime.name process.runtime.version process.runtime.description
  container.id container.name container.runtime.name container.runtime.version container.image.name container.image.id container.image.tags
  k8s.cluster.name k8s.cluster.uid k8s.node.name k8s.node.uid k8s.namespace.name k8s.pod.name k8s.pod.uid k8s.pod.ip k8s.container.name
  k8s.container.restart_count k8s.deployment.name k8s.deployment.uid k8s.replicaset.name k8s.replicaset.uid k8s.statefulset.name
  k8s.statefulset.uid k8s.daemonset.name k8s.daemonset.uid k8s.job.name k8s.job.uid k8s.cronjob.name k8s.cronjob.uid
  cloud.provider cloud.account.id cloud.region cloud.availability_zone cloud.platform cloud.resource_id
  faas.name faas.version faas.instance faas.max_memory
  telemetry.sdk.name telemetry.sdk.language telemetry.sdk.version telemetry.distro.name telemetry.distro.version
  aws.ecs.cluster.arn aws.ecs.task.arn aws.ecs.task.family aws.log.group.names heroku.app.id heroku.release.commit
  device.id device.manufacturer device.model.identifier device.model.name browser.brands browser.language browser.mobile browser.platform
  webengine.name webengine.version`

const EVERY_RECORD = `client.address client.port server.address server.port
  network.peer.address network.peer.port network.local.address network.local.port network.protocol.name network.protocol.version
  network.transport network.type network.connection.type
  http.route http.request.method http.request.method_original http.request.resend_count http.request.body.size http.request.size
  http.response.status_code http.response.body.size http.response.size http.connection.state
  url.full url.path url.query url.scheme url.fragment url.template url.domain user_agent.original user_agent.name user_agent.version
  db.system.name db.namespace db.operation.name db.operation.batch.size db.collection.name db.query.text db.query.summary
  db.response.status_code db.response.returned_rows db.stored_procedure.name db.client.connection.pool.name
  messaging.system messaging.operation.name messaging.operation.type messaging.destination.name messaging.destination.template
  messaging.destination.partition.id messaging.destination.anonymous messaging.destination.temporary messaging.client.id
  messaging.consumer.group.name messaging.message.id messaging.message.conversation_id messaging.message.body.size
  messaging.message.envelope.size messaging.batch.message_count messaging.kafka.offset messaging.kafka.message.key
  rpc.system rpc.service rpc.method rpc.grpc.status_code rpc.jsonrpc.error_code rpc.response.status_code
  graphql.document graphql.operation.name graphql.operation.type
  enduser.id enduser.pseudo.id user.id user.name user.email user.full_name user.hash user.roles session.id session.previous_id
  error.type error.message code.function.name code.file.path code.line.number code.column.number code.stacktrace thread.id thread.name
  peer.service service.peer.name faas.trigger faas.invocation_id faas.coldstart faas.cron faas.time faas.invoked_name
  feature_flag.key feature_flag.provider.name feature_flag.result.variant feature_flag.result.reason
  gen_ai.system gen_ai.provider.name gen_ai.operation.name gen_ai.request.model gen_ai.response.model gen_ai.response.id gen_ai.conversation.id
  gen_ai.usage.input_tokens gen_ai.usage.output_tokens gen_ai.tool.name gen_ai.agent.name gen_ai.agent.id
  aws.request_id aws.lambda.invoked_arn aws.s3.bucket aws.s3.key cloudevents.event_id cloudevents.event_type cloudevents.event_source
  nodejs.eventloop.state v8js.gc.type v8js.heap.space.name cpu.mode cpu.logical_number disk.io.direction network.io.direction
  system.device system.memory.state`

const OF_LOGS = `exception.type exception.message exception.stacktrace
  log.iostream log.file.name log.file.path log.record.uid log.record.original`

/** Keys of earlier versions of the conventions, and what each is called today. */
const RENAMED: Readonly<Record<string, string>> = {
  'http.method': 'http.request.method',
  'http.status_code': 'http.response.status_code',
  'http.url': 'url.full',
  'http.scheme': 'url.scheme',
  'http.user_agent': 'user_agent.original',
  'http.client_ip': 'client.address',
  'http.request_content_length': 'http.request.body.size',
  'http.response_content_length': 'http.response.body.size',
  'net.host.name': 'server.address',
  'net.host.port': 'server.port',
  'net.peer.name': 'server.address',
  'net.peer.port': 'server.port',
  'net.protocol.name': 'network.protocol.name',
  'net.protocol.version': 'network.protocol.version',
  'db.system': 'db.system.name',
  'db.name': 'db.namespace',
  'db.operation': 'db.operation.name',
  'db.statement': 'db.query.text',
  'db.sql.table': 'db.collection.name',
  'code.function': 'code.function.name',
  'code.filepath': 'code.file.path',
  'code.lineno': 'code.line.number',
  'messaging.operation': 'messaging.operation.type',
}

/** The attribute whose key is the column's name with dots in place of underscores. */
export function conventionFor(words: readonly string[], signal: Signal): Meaning | undefined {
  const name = words.join('_')
  const keyIn = (keys: string) => keys.split(/\s+/).find((key) => underscored(key) === name)
  const attribute = keyIn(signal === 'logs' ? `${EVERY_RECORD} ${OF_LOGS}` : EVERY_RECORD)
  if (attribute !== undefined) return { attribute }
  const old = Object.keys(RENAMED).find((key) => underscored(key) === name)
  if (old !== undefined) return { attribute: [RENAMED[old] ?? old, old] }
  if (name === 'deployment_environment') return { resource: ENVIRONMENT }
  const resource = keyIn(RESOURCE)
  return resource === undefined ? undefined : { resource }
}

function underscored(key: string): string {
  return key.replaceAll('.', '_')
}
