import { type Budget, newDistribution } from './distribution.js'
import type { Measure } from './threshold-expression.js'

/** What a run has measured of a metric, or of a part of it. */
export interface Aggregate {
  add(value: number): void
  /** Undefined if metrics of this type have no such figure, or if there is none. */
  figure(measure: Measure, seconds: number): number | undefined
}

/** By the type of the metric, as k6 computes it at the end of a run. Undefined for a type that is not known. */
export function newAggregate(type: string, budget: Budget): Aggregate | undefined {
  switch (type) {
    case 'counter':
      return newCounter()
    case 'gauge':
      return newGauge()
    case 'rate':
      return newRate()
    case 'trend':
      return newTrend(budget)
    default:
      return undefined
  }
}

function newCounter(): Aggregate {
  let sum = 0
  return {
    add(value) {
      sum += value
    },
    figure({ name }, seconds) {
      if (name === 'count') return sum
      return name === 'rate' && seconds > 0 ? sum / seconds : undefined
    },
  }
}

function newGauge(): Aggregate {
  let last = 0
  return {
    add(value) {
      last = value
    },
    figure: ({ name }) => (name === 'value' ? last : undefined),
  }
}

function newRate(): Aggregate {
  let count = 0
  let trues = 0
  return {
    add(value) {
      count++
      if (value !== 0) trues++
    },
    figure: ({ name }) => (name === 'rate' && count > 0 ? trues / count : undefined),
  }
}

function newTrend(budget: Budget): Aggregate {
  const values = newDistribution(budget)
  let count = 0
  let sum = 0
  let min = 0
  let max = 0
  return {
    add(value) {
      min = count === 0 || value < min ? value : min
      max = count === 0 || value > max ? value : max
      count++
      sum += value
      values.add(value)
    },
    figure(measure) {
      switch (measure.name) {
        case 'avg':
          return count === 0 ? 0 : sum / count
        case 'min':
          return min
        case 'max':
          return max
        case 'med':
          return values.at(0.5)
        case 'p':
          return values.at(measure.percent / 100)
        default:
          return undefined
      }
    },
  }
}
