/** Only our own files may run or be asked. `style` is a further source of styles. */
export function policy(style = ''): string {
  return `default-src 'none'; script-src 'self'; style-src 'self'${style}; connect-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
}

/** For every answer: nothing but our own files may run or be asked, and nobody may frame or keep the page. */
export const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': policy(),
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
}
