-- The table of examples/active-active, and one for its dead letters: npm test says if they differ.

CREATE DATABASE IF NOT EXISTS `telemetry`;

CREATE TABLE IF NOT EXISTS `telemetry`.`kv`
(
    `trace_id` String CODEC(ZSTD(1)),
    `span_id` String CODEC(ZSTD(1)),
    `span_kind` LowCardinality(String) CODEC(ZSTD(1)),
    `span_name` LowCardinality(String) CODEC(ZSTD(1)),
    `timestamp` DateTime64(9, 'UTC'),
    `k` UInt64,
    `v` String CODEC(ZSTD(1)),
    `_source` LowCardinality(String) CODEC(ZSTD(1)),
    `_timestamp` DateTime64(9, 'UTC')
)
ENGINE = MergeTree
PARTITION BY toDate(timestamp)
ORDER BY (k, timestamp)
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS `telemetry`.`dead_letters` (
    event UUID,
    dlq_name LowCardinality(String),
    source_nanos Int64,
    source_logical Int64,
    data_after String,
    data_before String
) ENGINE = MergeTree ORDER BY (dlq_name, source_nanos) SETTINGS non_replicated_deduplication_window = 1000;
