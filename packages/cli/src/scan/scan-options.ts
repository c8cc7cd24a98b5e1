import { existsSync, statSync } from 'node:fs'
import { Problem } from '@sallyport/problem'
import {
  defaultLimits,
  type GatedRoute,
  type ReportFormat,
  reportFormatNames,
  type Rule,
  rules,
  type ScanSettings,
  type Severity,
} from '@sallyport/scanner'
import type { Input } from '../command.ts'
import { configFileName } from '../configuration/locate.ts'
import { choiceOption, isGiven, numberOption, textOption, textOptions } from '../input.ts'
import { parseTime } from '../time-input.ts'
import { domainShape, failLevels } from './scan-shapes.ts'
import type { ScanConfig } from './scan-section.ts'

/** Everything that `sallyport scan` was asked, from options and, where they say nothing, the `scan` section. */
export type ScanOptions = {
  readonly files: readonly string[]
  readonly format: ReportFormat
  readonly output: string | undefined
  readonly failOn: Severity | 'never'
  readonly asked: Readonly<Record<string, Rule>>
  readonly suppressions: string | undefined
  readonly baseline: string | undefined
  readonly diff: string | undefined
  readonly asksAuthority: boolean
  readonly settings: ScanSettings
}

/**
 * @param now milliseconds since 1970: when the package is submitted, unless that is said
 * @throws Problem `command_usage`; `config_unreadable`, `config_invalid` of the files that are named
 */
export async function scanOptions(input: Input, now: number): Promise<ScanOptions> {
  const config = await scanConfig(input)
  if (input.arguments.includes('-')) throw standardInputRefused()
  if (isGiven(input, 'offline') && isGiven(input, 'authority')) {
    throw new Problem('command_usage', {
      detail: '--authority asks over the network, and --offline says that nothing may',
      expected: 'one of them',
    })
  }
  refuseToReplace(input.arguments, textOption(input, 'output'))
  const gateway = textOption(input, 'gatewayConfig')
  const submittedAt = textOption(input, 'submittedAt')
  const ownDomains = ownDomainsOf(textOptions(input, 'ownDomain')) ?? config.ownDomains
  return {
    files: input.arguments,
    format: formatOf(input),
    output: textOption(input, 'output'),
    failOn: choiceOption(input, 'failOn', failLevels) ?? config.failOn ?? 'high',
    asked: await askedRules(
      textOptions(input, 'rules') ?? config.rules ?? [],
      gateway !== undefined,
    ),
    suppressions: textOption(input, 'suppressions') ?? config.suppressionsFile,
    baseline: textOption(input, 'baseline') ?? config.baselineFile,
    diff: textOption(input, 'diff'),
    asksAuthority: isGiven(input, 'authority'),
    settings: {
      submittedAt: new Date(
        submittedAt === undefined ? now : parseTime(submittedAt, 'submittedAt'),
      ),
      releaseWindowDays:
        numberOption(input, 'releaseWindow', { least: 0, most: 3_650 }) ??
        config.releaseWindowDays ??
        60,
      limits: defaultLimits,
      ...(gateway === undefined ? {} : { gatedRoutes: await gatedRoutes(gateway) }),
      ...(ownDomains === undefined ? {} : { ownDomains }),
    },
  }
}

/** What reads YAML is loaded where there is some: most scans have none, and it takes longer than a small package. */
async function scanConfig(input: Input): Promise<ScanConfig> {
  const named = textOption(input, 'config') ?? process.env['SALLYPORT_CONFIG'] ?? ''
  if (named === '' && !existsSync(configFileName)) return {}
  const { readScanSection } = await import('./read-scan-section.ts')
  return readScanSection(named === '' ? configFileName : named)
}

async function gatedRoutes(file: string): Promise<readonly GatedRoute[]> {
  return (await import('./gated-routes.ts')).gatedRoutesOf(file)
}

function formatOf(input: Input): ReportFormat {
  const format = choiceOption(input, 'format', reportFormatNames)
  if (!isGiven(input, 'json')) return format ?? 'text'
  if (format === undefined || format === 'json') return 'json'
  throw new Problem('command_usage', { detail: `--json is not --format ${format}` })
}

const gatewayRule = 'ungated-endpoint'

/** @param words ids, several in one word behind commas; with a dash before it, one that is not asked */
async function askedRules(
  words: readonly string[],
  hasGateway: boolean,
): Promise<Record<string, Rule>> {
  const ids = words.flatMap((word) => word.split(',')).filter((id) => id !== '')
  for (const id of ids) {
    const name = id.replace(/^-/, '')
    if (!Object.hasOwn(rules, name)) throw await unknownRule(id, name)
  }
  const taken = new Set(ids.filter((id) => !id.startsWith('-')))
  const left = new Set(ids.filter((id) => id.startsWith('-')).map((id) => id.slice(1)))
  if (!hasGateway && taken.has(gatewayRule)) {
    throw new Problem('command_usage', {
      detail: `--rules ${gatewayRule} asks which routes need a device`,
      expected: '--gateway-config with the sallyport.yaml of the gateway',
    })
  }
  // Without a gateway it is not asked, and no report says that it found nothing.
  if (!hasGateway) left.add(gatewayRule)
  const entries = Object.entries(rules).filter(
    ([id]) => (taken.size === 0 || taken.has(id)) && !left.has(id),
  )
  if (entries.length > 0) return Object.fromEntries(entries)
  throw new Problem('command_usage', { detail: '--rules leaves no rule', found: ids.join(',') })
}

async function unknownRule(id: string, name: string): Promise<Problem> {
  const { nearest } = await import('@sallyport/config/nearest')
  const near = nearest(name, Object.keys(rules))
  const dash = id.startsWith('-') ? '-' : ''
  return new Problem('command_usage', {
    detail: `--rules: there is no rule ${name}${near === undefined ? '' : `; did you mean ${dash}${near}?`}`,
    ...(near === undefined ? { expected: Object.keys(rules).join(', ') } : {}),
    found: id,
  })
}

function ownDomainsOf(domains: readonly string[] | undefined): readonly string[] | undefined {
  for (const domain of domains ?? []) {
    if (new RegExp(domainShape).test(domain)) continue
    throw new Problem('command_usage', {
      detail: '--own-domain is no domain',
      expected: 'such as example.com, in lower case; what lies below it is meant as well',
      found: domain,
    })
  }
  return domains
}

/** Whoever leaves the name of the report out, or mixes two up, keeps the package. */
function refuseToReplace(files: readonly string[], output: string | undefined): void {
  const there = output === undefined ? undefined : statSync(output, { throwIfNoEntry: false })
  if (!there?.isFile()) return
  for (const file of files) {
    const scanned = statSync(file, { throwIfNoEntry: false })
    if (scanned?.ino !== there.ino || scanned.dev !== there.dev) continue
    throw new Problem('command_usage', {
      detail: '--output is a file that is scanned: the report would take its place',
      found: output ?? '',
    })
  }
}

function standardInputRefused(): Problem {
  return new Problem('command_usage', {
    detail: 'A package is not read from standard input',
    expected:
      'a file or folder: archives are read from their end, and what is in memory would have no bound',
    found: '-',
  })
}
