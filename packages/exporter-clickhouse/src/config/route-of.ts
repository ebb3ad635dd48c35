import type { Records, Signal } from './config.js'
import type { CompleteDestination } from './defaults.js'
import type { RouteConfig } from './routing-options.js'

/** The options of routing as one value; undefined if none is given that concerns the signal. */
export function routeOf<On extends Signal>(
  { filter, sample, redact, dispatch, origin, skipIfOrigin }: CompleteDestination,
  signal: On,
): RouteConfig<Records[On]> | undefined {
  const sampled = signal === 'metrics' ? undefined : sample // without some of its points, a series would be wrong
  const given = [filter, sampled, redact, dispatch, origin, skipIfOrigin]
  if (given.every((one) => one === undefined)) return undefined
  return {
    filter: filter as RouteConfig<Records[On]>['filter'],
    sample: sampled && {
      rate: sampled.rate ?? 1,
      rules: sampled.rules ?? [],
      keepErrors: sampled.keepErrors ?? true,
      keepSlowerThanMs: sampled.keepSlowerThanMs,
      maxWaitMs: sampled.maxWaitMs ?? 0,
      maxWaitingBytes: sampled.maxWaitingBytes ?? 0,
    },
    redact: redact && {
      allow: redact.allow ?? [],
      deny: redact.deny ?? [],
      hash: redact.hash ?? [],
      values: redact.values ?? [],
      key: redact.key,
      replace: redact.replace ?? '',
    },
    dispatch,
    origin,
    skipIfOrigin: skipIfOrigin ?? [],
  }
}
