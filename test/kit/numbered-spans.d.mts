import type { SpanLike } from '@spanhouse/transform'
import type { StoredSpan } from './oracle.js'

export declare const POISON: string
export declare function spanIdOf(run: string, number: number): string
export declare function numberOf(spanId: string): number
export declare function numberedSpan(
  run: string,
  number: number,
  options?: { poison?: boolean; bytes?: number; resource?: number; startedAt?: number },
): SpanLike
export declare function expectedOf(
  run: string,
  number: number,
  row: StoredSpan,
): Omit<StoredSpan, 'spanId'>
