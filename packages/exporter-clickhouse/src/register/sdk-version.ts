export const AUTO = '@opentelemetry/auto-instrumentations-node'

/** True for SDK 1: 1.x of the packages with stable versions, before 0.200 of the others. */
export function isTooOld({ version }: { readonly version: string }): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return version !== '' && (major === 1 || (major === 0 && minor < 200))
}

/** The version of the auto-instrumentations to install, as npm takes it: SDK 3 needs Node 22.15. */
export function wholeSdk(node: string = process.versions.node): string {
  const [major = 0, minor = 0] = node.split('.').map(Number)
  const takesNewest = major > 22 || (major === 22 && minor >= 15)
  return takesNewest ? AUTO : `${AUTO}@0.81`
}

/** Installs a whole SDK that runs on this Node. */
export function installCommand(node?: string): string {
  return `npm install ${wholeSdk(node)}`
}
