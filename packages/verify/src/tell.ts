/**
 * Calls a hook that the service gave. What it throws is its own: it comes out as a warning of the process, and
 * changes neither a refusal nor the following of the authority.
 */
export function tell<Told extends unknown[]>(
  hook: ((...told: Told) => void) | undefined,
  ...told: Told
): void {
  try {
    hook?.(...told)
  } catch (error) {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error)
    process.emitWarning(`a hook of the verifier threw: ${why}`, 'SallyportVerifyWarning')
  }
}
