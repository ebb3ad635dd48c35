/** Why something did not work, as the user reads it. */
export interface Failure {
  /** Of the HTTP answer; 0 if there was none. */
  readonly status: number
  readonly message: string
  /** What mends it. */
  readonly fix?: string
}

export type Result<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: Failure }
