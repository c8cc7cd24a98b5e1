import type { AdminTokenInfo } from '@sallyport/authority'
import { readConfig } from '@sallyport/config'
import { Problem } from '@sallyport/problem'
import Type from 'typebox'
import { configuredClient } from '../admin/configured-client.ts'
import { pageOf, printList } from '../admin/print-list.ts'
import { makeTokenOnHost } from '../admin/token-on-host.ts'
import type { Input, Operation } from '../command.ts'
import { locateConfig } from '../configuration/locate.ts'
import { argument, choiceOf, choiceOption, isGiven, textOption, textOptions } from '../input.ts'
import { spanAhead } from '../time-input.ts'

export const createToken: Operation = async (input, output) => {
  if (isGiven(input, 'admin')) return createAdminToken(input, output)
  const label = textOption(input, 'label') ?? ''
  const [appId = onlyApp(input), ...others] = textOptions(input, 'app') ?? []
  if (others.length > 0) {
    throw new Problem('command_usage', {
      detail: 'A token for an enrolment is of one app',
      expected: '--app once, or --admin',
      found: others.join(', '),
    })
  }
  const client = configuredClient(input)
  const body = { appId, label, ...lifetimeOf(input) }
  const made = await client.call('createEnrollmentToken', { body })
  output.result(made, made.token)
  output.say(
    `For one enrolment of app ${appId}, until ${made.enrollmentToken.expiresAt}. Told once: hand it to the person with the phone`,
  )
  return 0
}

const createAdminToken: Operation = async (input, output) => {
  const order = await adminOrder(input)
  const { role } = order
  const said = (until: string) =>
    `An admin token of role ${role}, until ${until}. Told once: keep it`
  if (isGiven(input, 'offline')) {
    const { token, ...made } = await makeTokenOnHost(input, order)
    const expiresAt = new Date(made.expiresAt).toISOString()
    output.result({ id: made.id, role, expiresAt, token }, token)
    output.say(said(expiresAt))
    return 0
  }
  const made = await configuredClient(input).call('createAdminToken', { body: order })
  output.result(made, made.token)
  output.say(said(made.adminToken.expiresAt))
  return 0
}

/** What an admin token is to be, as it was typed. */
async function adminOrder(input: Input) {
  const { roles, verbs } = await import('@sallyport/authority')
  const apps = textOptions(input, 'app')
  const networks = textOptions(input, 'network')
  const only = textOptions(input, 'only')?.map((verb) => choiceOf('only', verb, verbs))
  return {
    label: textOption(input, 'label') ?? '',
    role: choiceOption(input, 'role', roles) ?? 'viewer',
    ...lifetimeOf(input),
    ...(apps === undefined ? {} : { apps: [...apps] }),
    ...(only === undefined ? {} : { verbs: only }),
    ...(networks === undefined ? {} : { networks: [...networks] }),
  }
}

export function lifetimeOf(input: Input): { lifetimeSeconds?: number } {
  const ms = spanAhead(input, 'expires', Date.now())
  return ms === undefined ? {} : { lifetimeSeconds: Math.floor(ms / 1_000) }
}

/** The app of the configuration file, where it has one only. */
export function onlyApp(input: Input, thing = 'token'): string {
  const schema = Type.Object({ apps: Type.Optional(Type.Object({})) })
  const { value } = readConfig<{ apps?: Record<string, unknown> }>(locateConfig(input), schema)
  const apps = Object.keys(value.apps ?? {})
  const [only] = apps
  if (apps.length === 1 && only !== undefined) return only
  throw new Problem('command_usage', {
    detail: `Which app is the ${thing} for?`,
    expected: `--app ${apps.length === 0 ? '<id>' : apps.join(', or --app ')}`,
  })
}

export const listTokens: Operation = async (input, output) => {
  const client = configuredClient(input)
  const appId = textOption(input, 'app')
  if (isGiven(input, 'admin')) {
    if (appId !== undefined) {
      throw new Problem('command_usage', {
        detail: 'Either --admin or --app',
        found: 'both of them',
      })
    }
    await printList(input, output, {
      read: async (limit, cursor: string | undefined) => {
        const page = await client.call('listAdminTokens', { query: { cursor, limit } })
        return pageOf(page.adminTokens, page)
      },
      shown: adminTokenRow,
      empty: 'There is no admin token',
    })
    return 0
  }
  await printList(input, output, {
    read: async (limit, cursor: string | undefined) => {
      const query = { appId, cursor, limit }
      const page = await client.call('listEnrollmentTokens', { query })
      return pageOf(page.enrollmentTokens, page)
    },
    shown: (token) => token,
    empty: 'There is no enrolment token',
  })
  return 0
}

function adminTokenRow({ apps, verbs, networks, ...token }: AdminTokenInfo) {
  const listed = (values: readonly string[] | null) => values?.join(' ') ?? 'all'
  return { ...token, apps: listed(apps), verbs: listed(verbs), networks: listed(networks) }
}

export const revokeToken: Operation = async (input, output) => {
  const client = configuredClient(input)
  const id = argument(input, 0)
  const keepMade = isGiven(input, 'keepMade')
  if (!id.startsWith('adm_')) {
    if (keepMade) {
      throw new Problem('command_usage', {
        detail: 'An enrolment token makes no others',
        expected: '--keep-made with an admin token',
      })
    }
    const revoked = await client.call('revokeEnrollmentToken', { path: { id } })
    output.result(revoked, `${id} is revoked`)
    return 0
  }
  const revoked = await client.call('revokeAdminToken', { path: { id }, body: { keepMade } })
  output.result(revoked, `${id} is revoked${alsoSaid(revoked.alsoRevoked)}`)
  return 0
}

/** What ended with a token, by what each is. */
const madeKinds = [
  { prefix: 'adm_', name: 'admin tokens' },
  { prefix: 'ent_', name: 'enrolment tokens' },
  { prefix: 'eab_', name: 'ACME credentials' },
  { prefix: 'mdm_', name: 'MDM credentials' },
] as const

function alsoSaid(ids: readonly string[]): string {
  if (ids.length === 0) return ''
  const lines = madeKinds.flatMap(({ prefix, name }) => {
    const these = ids.filter((id) => id.startsWith(prefix))
    return these.length === 0 ? [] : [`  ${name}: ${these.join(', ')}`]
  })
  return `, and ${ids.length} that it made:\n${lines.join('\n')}`
}
