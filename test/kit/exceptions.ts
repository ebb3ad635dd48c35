import type { Reply } from './http-wire.js'

/** How a server reports an exception. */
export type Style =
  /** In a header, as servers do since about version 21. */
  | 'header'
  /** Only in the body, as 18.16 does. */
  | 'old body'
  /** In a header, with status 200 and no body (ClickHouse#65117). */
  | '200 and header'
  /** At the end of a body that began as a success. */
  | '200 and tail'

export const STYLES: readonly Style[] = ['header', 'old body', '200 and header', '200 and tail']

// The codes of src/Server/HTTP/exceptionCodeToHTTPStatus.cpp whose status is not 500.
const STATUS_BY_CODE = new Map<number, number>([
  ...[194].map((code) => [code, 401] as const),
  ...[192, 193, 195, 291, 497, 516].map((code) => [code, 403] as const),
  ...[6, 25, 26, 27, 38, 41, 43, 53, 62, 69, 70, 72, 117, 130, 349].map(
    (code) => [code, 400] as const,
  ),
  ...[46, 47, 60, 73, 81, 115].map((code) => [code, 404] as const),
  [48, 501],
  [158, 413],
  [159, 408],
  ...[76, 209, 439].map((code) => [code, 503] as const),
])

export interface Exception {
  readonly code: number
  readonly name?: string
  /** Ends as ClickHouse's messages do, with the name in brackets. */
  readonly message?: string
  readonly headers?: Readonly<Record<string, string>>
}

export function exception(
  { code, name = 'SOME_ERROR', message = 'It went wrong', headers = {} }: Exception,
  style: Style = 'header',
): Reply {
  const status = STATUS_BY_CODE.get(code) ?? 500
  const text = `Code: ${code}. DB::Exception: ${message}. (${name}) (version 26.7.2.1 (official build))\n`
  const said = { ...headers, 'x-clickhouse-exception-code': String(code) }
  switch (style) {
    case 'header':
      return { status, headers: said, body: text }
    case 'old body':
      return {
        status,
        headers,
        body: `Code: ${code}, e.displayText() = DB::Exception: ${message}, e.what() = DB::Exception\n`,
      }
    case '200 and header':
      return { status: 200, headers: said, body: '' }
    case '200 and tail':
      return { status: 200, headers, body: `\r\n__exception__\r\nabcdefgh\r\n${text}` }
  }
}
