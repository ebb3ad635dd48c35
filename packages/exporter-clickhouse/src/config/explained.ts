/** An option, its value, and where the value comes from. */
export interface ExplainedSetting {
  /** The destination that it is for; undefined if it is for the exporter as a whole. */
  readonly destination: string | undefined
  /** Path of the option, such as `batch.maxRows`. */
  readonly option: string
  /** As text; a secret is masked. */
  readonly value: string
  /** `default`, `code`, the environment variable, or file, line and column. */
  readonly source: string
}

export interface ExplainedConfig {
  readonly settings: readonly ExplainedSetting[]
  /** Environment variables that are ignored, and why. */
  readonly warnings: readonly string[]
  /** Mistakes in code or file: the constructors throw a ConfigError with them. */
  readonly problems: readonly string[]
}
