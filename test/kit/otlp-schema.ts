import { create, createFileRegistry, type DescMessage, type Registry } from '@bufbuild/protobuf'
import {
  FileDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from '@bufbuild/protobuf/wkt'

// The messages of OTLP as far as a reader needs them, under their numbers; after `oneof`, one of several.
const MESSAGES = `
message ExportTraceServiceRequest
  repeated ResourceSpans resource_spans = 1
message ResourceSpans
  Resource resource = 1
  repeated ScopeSpans scope_spans = 2
  string schema_url = 3
message ScopeSpans
  InstrumentationScope scope = 1
  repeated Span spans = 2
  string schema_url = 3
message Span
  bytes trace_id = 1
  bytes span_id = 2
  string trace_state = 3
  bytes parent_span_id = 4
  string name = 5
  int32 kind = 6
  fixed64 start_time_unix_nano = 7
  fixed64 end_time_unix_nano = 8
  repeated KeyValue attributes = 9
  uint32 dropped_attributes_count = 10
  repeated Event events = 11
  uint32 dropped_events_count = 12
  repeated Link links = 13
  uint32 dropped_links_count = 14
  Status status = 15
  fixed32 flags = 16
message Event
  fixed64 time_unix_nano = 1
  string name = 2
  repeated KeyValue attributes = 3
  uint32 dropped_attributes_count = 4
message Link
  bytes trace_id = 1
  bytes span_id = 2
  string trace_state = 3
  repeated KeyValue attributes = 4
  uint32 dropped_attributes_count = 5
  fixed32 flags = 6
message Status
  string message = 2
  int32 code = 3
message Resource
  repeated KeyValue attributes = 1
  uint32 dropped_attributes_count = 2
message InstrumentationScope
  string name = 1
  string version = 2
  repeated KeyValue attributes = 3
  uint32 dropped_attributes_count = 4
message KeyValue
  string key = 1
  AnyValue value = 2
message AnyValue
  oneof string string_value = 1
  oneof bool bool_value = 2
  oneof int64 int_value = 3
  oneof double double_value = 4
  oneof ArrayValue array_value = 5
  oneof KeyValueList kvlist_value = 6
  oneof bytes bytes_value = 7
message ArrayValue
  repeated AnyValue values = 1
message KeyValueList
  repeated KeyValue values = 1
message ExportLogsServiceRequest
  repeated ResourceLogs resource_logs = 1
message ResourceLogs
  Resource resource = 1
  repeated ScopeLogs scope_logs = 2
  string schema_url = 3
message ScopeLogs
  InstrumentationScope scope = 1
  repeated LogRecord log_records = 2
  string schema_url = 3
message LogRecord
  fixed64 time_unix_nano = 1
  int32 severity_number = 2
  string severity_text = 3
  AnyValue body = 5
  repeated KeyValue attributes = 6
  uint32 dropped_attributes_count = 7
  fixed32 flags = 8
  bytes trace_id = 9
  bytes span_id = 10
  fixed64 observed_time_unix_nano = 11
  string event_name = 12
message ExportMetricsServiceRequest
  repeated ResourceMetrics resource_metrics = 1
message ResourceMetrics
  Resource resource = 1
  repeated ScopeMetrics scope_metrics = 2
  string schema_url = 3
message ScopeMetrics
  InstrumentationScope scope = 1
  repeated Metric metrics = 2
  string schema_url = 3
message Metric
  string name = 1
  string description = 2
  string unit = 3
  oneof Gauge gauge = 5
  oneof Sum sum = 7
  oneof Histogram histogram = 9
  oneof ExponentialHistogram exponential_histogram = 10
  oneof Summary summary = 11
  repeated KeyValue metadata = 12
message Gauge
  repeated NumberDataPoint data_points = 1
message Sum
  repeated NumberDataPoint data_points = 1
  int32 aggregation_temporality = 2
  bool is_monotonic = 3
message Histogram
  repeated HistogramDataPoint data_points = 1
  int32 aggregation_temporality = 2
message ExponentialHistogram
  repeated ExponentialHistogramDataPoint data_points = 1
  int32 aggregation_temporality = 2
message Summary
  repeated SummaryDataPoint data_points = 1
message NumberDataPoint
  fixed64 start_time_unix_nano = 2
  fixed64 time_unix_nano = 3
  oneof double as_double = 4
  repeated Exemplar exemplars = 5
  oneof sfixed64 as_int = 6
  repeated KeyValue attributes = 7
  uint32 flags = 8
message HistogramDataPoint
  fixed64 start_time_unix_nano = 2
  fixed64 time_unix_nano = 3
  fixed64 count = 4
  optional double sum = 5
  repeated fixed64 bucket_counts = 6
  repeated double explicit_bounds = 7
  repeated Exemplar exemplars = 8
  repeated KeyValue attributes = 9
  uint32 flags = 10
  optional double min = 11
  optional double max = 12
message ExponentialHistogramDataPoint
  repeated KeyValue attributes = 1
  fixed64 start_time_unix_nano = 2
  fixed64 time_unix_nano = 3
  fixed64 count = 4
  optional double sum = 5
  sint32 scale = 6
  fixed64 zero_count = 7
  Buckets positive = 8
  Buckets negative = 9
  uint32 flags = 10
  repeated Exemplar exemplars = 11
  optional double min = 12
  optional double max = 13
  double zero_threshold = 14
message Buckets
  sint32 offset = 1
  repeated uint64 bucket_counts = 2
message SummaryDataPoint
  fixed64 start_time_unix_nano = 2
  fixed64 time_unix_nano = 3
  fixed64 count = 4
  double sum = 5
  repeated ValueAtQuantile quantile_values = 6
  repeated KeyValue attributes = 7
  uint32 flags = 8
message ValueAtQuantile
  double quantile = 1
  double value = 2
message Exemplar
  fixed64 time_unix_nano = 2
  oneof double as_double = 3
  bytes span_id = 4
  bytes trace_id = 5
  oneof sfixed64 as_int = 6
  repeated KeyValue filtered_attributes = 7
`

export interface OtlpField {
  readonly label: 'single' | 'repeated' | 'optional' | 'oneof'
  /** A scalar of protobuf, or the name of a message. */
  readonly type: string
  readonly name: string
  readonly number: number
}

/** The fields of each message. */
export const otlpMessages: ReadonlyMap<string, readonly OtlpField[]> = new Map(
  MESSAGES.split('\nmessage ')
    .slice(1)
    .map((text) => {
      const [name = '', ...fields] = text.trim().split('\n')
      return [name, fields.map(parseField)]
    }),
)

/** The same messages for the reference decoder. */
export function otlpSchema(message: string): DescMessage {
  const found = registry.getMessage(`otlp.${message}`)
  if (!found) throw new Error(`No message of OTLP is named ${message}.`)
  return found
}

function parseField(text: string): OtlpField {
  const [, label = 'single', type = '', name = '', number] =
    /^ {2}(?:(repeated|optional|oneof) )?(\w+) (\w+) = (\d+)$/.exec(text) ?? []
  if (type === '') throw new Error(`This is no field: ${text}`)
  return { label: label as OtlpField['label'], type, name, number: Number(number) }
}

const registry: Registry = createFileRegistry(
  create(FileDescriptorProtoSchema, {
    name: 'otlp.proto',
    package: 'otlp',
    syntax: 'proto3',
    messageType: [...otlpMessages].map(([name, fields]) => ({
      name,
      field: fields.map((field, index) => ({
        name: field.name,
        jsonName: field.name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase()),
        number: field.number,
        label: field.label === 'repeated' ? Label.REPEATED : Label.OPTIONAL,
        proto3Optional: field.label === 'optional',
        ...typeOf(field),
        ...oneofOf(field, fields.slice(0, index)),
      })),
      oneofDecl: [
        ...(fields.some(({ label }) => label === 'oneof') ? [{ name: 'value' }] : []),
        ...fields
          .filter(({ label }) => label === 'optional')
          .map((field) => ({ name: `_${field.name}` })),
      ],
    })),
  }),
  () => undefined,
)

function typeOf({ type }: OtlpField) {
  if (otlpMessages.has(type)) return { type: Type.MESSAGE, typeName: `.otlp.${type}` }
  return { type: Type[type.toUpperCase() as keyof typeof Type] }
}

/** An optional field is alone in a oneof of its own; no message here has both kinds. */
function oneofOf({ label }: OtlpField, before: readonly OtlpField[]) {
  if (label === 'oneof') return { oneofIndex: 0 }
  if (label !== 'optional') return {}
  return { oneofIndex: before.filter((field) => field.label === 'optional').length }
}
