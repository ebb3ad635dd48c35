import type { Table } from '@spanhouse/transform'
import { ownIdsOf } from '@spanhouse/transform/internal'
import type { OpenBatches } from '../batching/open-batches.js'
import type { RowEncoder } from '../batching/row-encoder.js'
import type { Target } from '../config/config.js'
import type { DispatchedRow } from '../routing/dispatch.js'
import { DispatchedSheets } from './dispatched-sheets.js'
import type { Sealed } from './hand-over.js'

/** How a record becomes a row of one table. */
export interface Form<Of> {
  readonly schema: Table<Of>
  readonly encoder: RowEncoder<Of>
}

/** The rows for one table, whose records a row is made of. */
export interface Sheet<Of> extends Form<Of> {
  readonly open: OpenBatches
  /** Whether a record has the ids by which its row differs from all others. Undefined if rows may be equal: those that `dispatch` made always may. */
  readonly hasIds?: ((record: Of) => boolean) | undefined
}

/** The rows for one of the configured tables. */
export interface ConfiguredSheet<Input> extends Sheet<Input> {
  /** The index of the target. */
  readonly target: number
}

/** The batches that are being filled, for all tables of a lane. */
export class OpenSheets<Input> {
  readonly #configured: readonly ConfiguredSheet<Input>[]
  readonly #dispatched: DispatchedSheets<Input>

  /** `forms`: one for each target. */
  constructor(
    forms: readonly Form<Input>[],
    targets: readonly Target<Input>[],
    openOf: (target: Sealed['target']) => OpenBatches,
  ) {
    this.#configured = forms.map((form, target) => ({
      ...form,
      target,
      hasIds: ownIdsOf(form.schema),
      open: openOf(target),
    }))
    this.#dispatched = new DispatchedSheets(targets, openOf)
  }

  get rows(): number {
    let rows = 0
    for (const { open } of this.#all()) rows += open.rows
    return rows
  }

  get bytes(): number {
    let bytes = 0
    for (const { open } of this.#all()) bytes += open.bytes
    return bytes
  }

  configured(target: number): ConfiguredSheet<Input> {
    return (this.#configured[target] ?? this.#configured[0]) as ConfiguredSheet<Input>
  }

  dispatched(row: DispatchedRow): ReturnType<DispatchedSheets<Input>['of']> {
    return this.#dispatched.of(row)
  }

  seal(): void {
    for (const { open } of this.#all()) open.seal()
  }

  #all(): readonly Pick<Sheet<Input>, 'open'>[] {
    return [...this.#configured, ...this.#dispatched.all()]
  }
}
