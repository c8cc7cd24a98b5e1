import { type ConfigFile, readConfig } from '@sallyport/config'
import type { OfflineDevice, OfflineRequest, OfflineRoute, OfflineUser } from '@sallyport/gateway'
import { readGivenFile } from '../files/given-file.ts'
import {
  type Case,
  type CaseTable,
  CaseTableSchema,
  type DescribedDevice,
  type DescribedUser,
  type Expectation,
} from './case-schema.ts'

/** One case of a table: a request, and what should become of it. */
export type LoadedCase = {
  readonly name: string
  readonly request: OfflineRequest
  /** As it is called in the table. */
  readonly device: string
  readonly user: string
  readonly expected: Expected | undefined
}

/** What is said of the outcome; undefined where nothing is. */
export type Expected = {
  readonly verdict: 'allow' | 'deny' | undefined
  readonly route: string | undefined
  readonly stage: string | undefined
  readonly code: string | undefined
  readonly rule: string | undefined
}

/** What a table is held against: where a case leaves something out, and what it may name. */
export type CaseContext = {
  readonly hosts: readonly string[]
  readonly routes: readonly OfflineRoute[]
  readonly providers: readonly string[]
  readonly now: number
}

const hourMs = 3_600_000

/**
 * Reads a table of cases.
 *
 * @throws Problem `config_unreadable`; `command_usage` with file:line:column where it is no such table
 */
export function loadCases(file: string, context: CaseContext): LoadedCase[] {
  return readGivenFile(() => {
    const table = readConfig<CaseTable>(file, CaseTableSchema)
    return table.value.cases.map((one, index) => loadCase(table, one, index, context))
  })
}

function loadCase(
  table: ConfigFile<CaseTable>,
  one: Case,
  index: number,
  context: CaseContext,
): LoadedCase {
  const pointer = `/cases/${index}`
  const { value } = table
  const at = timeOf(table, pointer, one.at ?? value.at) ?? context.now
  const { host, method, path } = targetOf(table, pointer, one, context)
  const device = named(table, `${pointer}/device`, one.device, value.devices)
  const user = named(table, `${pointer}/user`, one.user, value.users)
  return {
    name: one.name ?? `${index + 1}`,
    device: device?.name ?? 'none',
    user: user?.name ?? 'none',
    request: {
      host,
      method,
      path,
      address: one.address ?? value.address ?? '192.0.2.1',
      headers: Object.entries(one.headers ?? {}).flat(),
      at,
      device: device === undefined ? undefined : deviceOf(table, pointer, device, at),
      user: user === undefined ? undefined : userOf(table, pointer, user.value, context),
    },
    expected: expectedOf(one.expect),
  }
}

/** Where a request goes: as it says itself, or by the name of a route and its parameters. */
function targetOf(
  table: ConfigFile<CaseTable>,
  pointer: string,
  one: Case,
  { hosts, routes }: CaseContext,
): Pick<OfflineRequest, 'host' | 'method' | 'path'> {
  const host = one.host ?? table.value.host ?? (hosts.length === 1 ? hosts[0] : undefined)
  if ((one.path === undefined) === (one.route === undefined)) {
    throw table.problem(pointer, 'a case has a path, or the name of a route')
  }
  if (one.path !== undefined) {
    if (host !== undefined) return { host, method: one.method ?? 'GET', path: one.path }
    throw table.problem(pointer, 'the host is missing', { expected: `one of ${hosts.join(', ')}` })
  }
  const meant = routes.filter(
    (route) => route.name === one.route && (host === undefined || route.host === host),
  )
  const [route] = meant
  if (route === undefined || meant.length > 1) {
    throw table.problem(
      `${pointer}/route`,
      meant.length > 1 ? 'several hosts have such a route' : 'there is no such route',
      {
        expected: `one of ${routes.map(({ name }) => name).join(', ')}`,
        found: one.route ?? '',
      },
    )
  }
  return {
    host: route.host,
    method: one.method ?? route.methods?.[0] ?? 'GET',
    path: pathOf(table, pointer, route.path, one.parameters ?? {}),
  }
}

function pathOf(
  table: ConfigFile<CaseTable>,
  pointer: string,
  pattern: string,
  parameters: Readonly<Record<string, string>>,
): string {
  return pattern.replace(/\*$/, '').replaceAll(/\{([^}]*)\}/g, (_, name: string) => {
    const value = Object.hasOwn(parameters, name) ? parameters[name] : undefined
    if (value !== undefined) return encodeURIComponent(value)
    throw table.problem(pointer, 'a parameter of the route is missing', { expected: name })
  })
}

type Named<T> = { readonly name: string; readonly value: T }

function named<T extends object>(
  table: ConfigFile<CaseTable>,
  pointer: string,
  given: string | T | undefined,
  known: Readonly<Record<string, T>> = {},
): Named<T> | undefined {
  if (given === undefined) return undefined
  if (typeof given === 'object') return { name: 'its own', value: given }
  const value = Object.hasOwn(known, given) ? known[given] : undefined
  if (value !== undefined) return { name: given, value }
  throw table.problem(pointer, 'there is no such name in the table', {
    expected: `one of ${Object.keys(known).join(', ')}`,
    found: given,
  })
}

function deviceOf(
  table: ConfigFile<CaseTable>,
  pointer: string,
  { name, value }: Named<DescribedDevice>,
  at: number,
): OfflineDevice {
  const before = at - hourMs
  return {
    id: value.id ?? `dev_${name.replaceAll(/[^A-Za-z0-9]/g, '-')}`,
    app: value.app ?? 'app',
    status: value.status ?? 'active',
    assurance: value.assurance ?? 'tee',
    platform: value.platform ?? 'android',
    appVersion: value.appVersion ?? '1.0',
    osPatchLevel: value.osPatchLevel,
    attestedAt: timeOf(table, pointer, value.attestedAt) ?? before,
    enrolledAt: timeOf(table, pointer, value.enrolledAt) ?? before,
    certifiedAt: before,
    development: value.development ?? false,
  }
}

function userOf(
  table: ConfigFile<CaseTable>,
  pointer: string,
  { provider, claims }: DescribedUser,
  { providers }: CaseContext,
): OfflineUser {
  const name = provider ?? (providers.length === 1 ? providers[0] : undefined)
  if (name !== undefined && providers.includes(name)) return { provider: name, claims }
  throw table.problem(`${pointer}/user`, 'no identity provider gives this user a token', {
    expected: `provider: one of ${providers.join(', ') || 'identityProviders, which is empty'}`,
    found: name ?? 'none',
  })
}

function timeOf(
  table: ConfigFile<CaseTable>,
  pointer: string,
  text: string | undefined,
): number | undefined {
  if (text === undefined) return undefined
  const time = Date.parse(text)
  if (!Number.isNaN(time)) return time
  throw table.problem(pointer, 'there is no such time', { found: text })
}

function expectedOf(expect: Expectation | undefined): Expected | undefined {
  if (expect === undefined) return undefined
  const said = typeof expect === 'string' ? { verdict: expect } : expect
  const isRefusal = said.stage !== undefined || said.code !== undefined
  return {
    route: undefined,
    stage: undefined,
    code: undefined,
    rule: undefined,
    ...said,
    verdict: said.verdict ?? (isRefusal ? 'deny' : said.rule === undefined ? undefined : 'allow'),
  }
}
