export interface WireOptions {
  /**
   * How many items a request may have: its resources, scopes and records, and their events, links, exemplars and quantiles. An empty one takes
   * two bytes of the request and some hundred bytes of memory. A request with more is a `WireError` with the reason `too_many`. Default: 1,000,000. Besides,
   * it may have 10,000,000 values, and 100,000 attributes in one record.
   */
  readonly maxItems?: number | undefined
}
