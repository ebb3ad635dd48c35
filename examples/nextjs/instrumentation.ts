export async function register() {
  // Next.js also bundles this file for the edge runtime, which has no node:http.
  if (process.env.NEXT_RUNTIME === 'nodejs') await import('./telemetry')
}
