import type { ClientContext } from './client-context.ts'

/** Notes durably that the certificate in use is over: only enrolling again helps. */
export async function endIdentity(context: ClientContext, endedBy: string): Promise<void> {
  const { identity } = await context.state.read()
  if (identity !== undefined) await context.state.update({ identity: { ...identity, endedBy } })
}
