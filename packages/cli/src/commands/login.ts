import { adminAccess, clientWith, configuredClient } from '../admin/configured-client.ts'
import type { Operation } from '../command.ts'
import { isGiven } from '../input.ts'
import { forgetSession, keepSession, keptSession } from '../login/kept-sessions.ts'
import { momentWords } from '../terminal/span.ts'

export const login: Operation = async (input, output) => {
  const { signInByBrowser, signInByDevice } = await import('../login/provider-sign-in.ts')
  const access = adminAccess(input)
  const client = clientWith(access, undefined)
  const how = isGiven(input, 'device') ? signInByDevice : signInByBrowser
  const signedIn = await how(await client.call('getSignIn'), (text) => output.say(text))
  const { token, adminToken } = await client.call('createSession', { body: signedIn })
  keepSession(access.url, { token, expiresAt: adminToken.expiresAt })
  const { label, role, expiresAt } = adminToken
  const until = momentWords(Date.parse(expiresAt), Date.now())
  output.result(adminToken, `Signed in as ${label}, ${role}. The session ends ${until}`)
  return 0
}

export const logout: Operation = async (input, output) => {
  const access = adminAccess(input)
  const session = keptSession(access.url)
  if (session === undefined) {
    output.result({ ended: false }, 'Nobody is signed in here')
    return 0
  }
  const client = clientWith(access, session.token)
  try {
    await client.call('endSession', { body: {} })
  } finally {
    // Also where the authority is away: nobody finds it on this machine.
    forgetSession(access.url)
  }
  output.result({ ended: true }, 'The session has ended')
  return 0
}

export const whoami: Operation = async (input, output) => {
  const told = await configuredClient(input).call('whoami')
  const narrowed = (['apps', 'verbs', 'networks'] as const).flatMap((name) => {
    const values = told[name]
    return values === null ? [] : [`${name}: ${values.join(', ')}`]
  })
  output.result(told, () =>
    [
      `${told.actor}, ${told.role}, a ${told.kind}`,
      ...narrowed,
      `ends ${momentWords(Date.parse(told.expiresAt), Date.now())}`,
    ].join('\n'),
  )
  return 0
}
