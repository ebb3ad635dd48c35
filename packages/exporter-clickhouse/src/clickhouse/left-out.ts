import type { DestinationConfig } from '../config/config.js'
import { SETTINGS } from '../config/insert-settings.js'
import { type Insert, isOurs } from './insert.js'
import type { Outcome } from './outcome.js'

export type Forbidden = Extract<Outcome, { setting: string }>

// With `best_effort`, ClickHouse before 20.7 stores random times in place of ours (ClickHouse#13441); without it, it reads them right. Only
// tables with maps need `best_effort`, and such a server has no maps. How it is recognised: it does not know `log_comment` either, and says so
// before it takes a row.
const SINCE_21 = 'log_comment'
const TIMES = 'date_time_input_format'

/** Settings of ours that requests leave out, because the server does not know them, or a constraint forbids them to this user. */
export class LeftOut {
  readonly #config: DestinationConfig
  readonly #names = new Set<string>()
  readonly #forbidden = new Set<string>()

  constructor(config: DestinationConfig) {
    this.#config = config
  }

  get names(): ReadonlySet<string> {
    return this.#names
  }

  /** Those that a constraint forbids: another value is in effect on the server. */
  get forbidden(): ReadonlySet<string> {
    return this.#forbidden
  }

  add(setting: string): void {
    this.#names.add(setting)
  }

  /**
   * Whether a setting of ours caused the outcome and is left out from now on, so that the request can be sent again. `leftOutThen`: how
   * many were left out when the request was sent.
   */
  learn(outcome: Outcome, leftOutThen: number, insert?: Insert): boolean {
    if (!('setting' in outcome) || !isOurs(outcome.setting, this.#config)) return false
    const { status, setting } = outcome
    if (status === 'forbidden_setting' && isEssential(setting, insert)) return false
    // It was already left out when this was sent, so leaving it out does not help.
    if (this.#names.size <= leftOutThen && this.#names.has(setting)) return false
    this.#names.add(setting)
    if (status === 'forbidden_setting') this.#forbidden.add(setting)
    else if (setting === SINCE_21) this.#names.add(TIMES)
    return true
  }
}

/** Whether to hold rows rather than send them without this setting. */
function isEssential(setting: string, insert: Insert | undefined): boolean {
  // It matters only for asynchronous inserts, where the server gathers rows into batches of its own.
  if (setting === 'wait_for_async_insert') return insert?.settings['async_insert'] === '1'
  return SETTINGS[setting]?.essential === true
}

/** The outcome for rows that wait until a constraint on a setting is lifted. */
export function heldBack(
  { error, setting }: Forbidden,
  insert: Insert,
  config: DestinationConfig,
): Outcome {
  const fix = isOurs(setting, config)
    ? `\`${setting}\` must be ${insert.settings[setting]}: allow this user to set it, or change the profile of the user. Otherwise: ${SETTINGS[setting]?.without}`
    : `Remove \`${setting}\` from \`settings\`, or allow this user to set it.`
  return { status: 'retry', why: 'misconfigured', error, fix }
}
