-- The tables of spanhouse k6: npm test says if they differ.

CREATE DATABASE IF NOT EXISTS `telemetry`;

CREATE TABLE IF NOT EXISTS `telemetry`.`k6_samples`
(
    `timestamp` DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `run_id` LowCardinality(String) CODEC(ZSTD(1)),
    `metric` LowCardinality(String) CODEC(ZSTD(1)),
    `metric_type` LowCardinality(String) CODEC(ZSTD(1)),
    `contains` LowCardinality(String) CODEC(ZSTD(1)),
    `value` Float64 CODEC(ZSTD(1)),
    `tags` Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    `metadata` Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    INDEX idx_timestamp timestamp TYPE minmax GRANULARITY 1,
    INDEX idx_tag_value mapValues(tags) TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toDate(timestamp)
ORDER BY (run_id, metric, timestamp)
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000
COMMENT 'spanhouse: k6 samples, version 1';

CREATE TABLE IF NOT EXISTS `telemetry`.`k6_thresholds`
(
    `timestamp` DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `run_id` LowCardinality(String) CODEC(ZSTD(1)),
    `id` UInt32 CODEC(ZSTD(1)),
    `metric` LowCardinality(String) CODEC(ZSTD(1)),
    `tags` Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    `threshold` LowCardinality(String) CODEC(ZSTD(1)),
    `abort_on_fail` Bool CODEC(ZSTD(1)),
    `delay_abort_eval` LowCardinality(String) CODEC(ZSTD(1)),
    `last_failed` Bool CODEC(ZSTD(1)),
    `verdict` LowCardinality(String) CODEC(ZSTD(1)),
    `verdict_by` LowCardinality(String) CODEC(ZSTD(1)),
    `observed` Nullable(Float64) CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(timestamp)
ORDER BY (run_id, id)
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000
COMMENT 'spanhouse: k6 thresholds, version 1';
