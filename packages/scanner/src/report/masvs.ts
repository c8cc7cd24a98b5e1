import type { Rule } from '../rule.ts'
import type { Report } from './report.ts'

/** MASVS 2.1.0, all of it: each control, and in short what it demands. https://mas.owasp.org/MASVS/ */
export const masvsControls: Readonly<Record<string, string>> = {
  'MASVS-STORAGE-1': 'Sensitive data is stored securely',
  'MASVS-STORAGE-2': 'Sensitive data does not leak',
  'MASVS-CRYPTO-1': 'Cryptography is strong and used as best practice has it',
  'MASVS-CRYPTO-2': 'Keys are managed as best practice has it',
  'MASVS-AUTH-1': 'Authentication and authorization follow secure protocols',
  'MASVS-AUTH-2': 'Local authentication is done securely, by the means of the platform',
  'MASVS-AUTH-3': 'Sensitive operations need further authentication',
  'MASVS-NETWORK-1': 'All network traffic is secured',
  'MASVS-NETWORK-2': 'Endpoints of the developer are pinned',
  'MASVS-PLATFORM-1': 'Communication between processes is secure',
  'MASVS-PLATFORM-2': 'WebViews are used securely',
  'MASVS-PLATFORM-3': 'The user interface is used securely',
  'MASVS-CODE-1': 'A recent version of the platform is required',
  'MASVS-CODE-2': 'Updates of the app can be enforced',
  'MASVS-CODE-3': 'Components have no known vulnerabilities',
  'MASVS-CODE-4': 'Untrusted input is validated',
  'MASVS-RESILIENCE-1': 'The integrity of the platform is validated',
  'MASVS-RESILIENCE-2': 'Tampering is resisted',
  'MASVS-RESILIENCE-3': 'Static analysis is resisted',
  'MASVS-RESILIENCE-4': 'Dynamic analysis is resisted',
  'MASVS-PRIVACY-1': 'Access to sensitive data and resources is minimal',
  'MASVS-PRIVACY-2': 'Users are not identified',
  'MASVS-PRIVACY-3': 'What is collected and why is told',
  'MASVS-PRIVACY-4': 'Users control their data',
}

export const masvsVersion = '2.1.0'

/**
 * What a scan says of a control. Never that it is met: a scanner of packages sees a part of what a control demands,
 * and of that what can be seen without running the app.
 */
export type ControlCoverage = {
  readonly control: string
  readonly demands: string
  readonly state: 'findings' | 'nothing-found' | 'not-covered'
  /** How many, with those of the baseline and those that somebody answers for. */
  readonly findings: number
  /** Rules that look at a part of it in packages of this platform. */
  readonly rules: readonly string[]
}

/** What a report says of every control of MASVS 2.1, known and suppressed findings included. */
export function masvsCoverage(report: Report): ControlCoverage[] {
  const { app, findings, known, suppressed, asked } = report
  const isApt = ({ platform }: Rule) =>
    platform === undefined || app.platform === 'unknown' || platform === app.platform
  const all = [...findings, ...known, ...suppressed.map(({ finding }) => finding)]
  return Object.entries(masvsControls).map(([control, demands]) => {
    const isOf = ({ masvs }: Rule) => masvs.includes(control)
    const rules = Object.entries(asked).flatMap(([id, rule]) =>
      isOf(rule) && isApt(rule) ? id : [],
    )
    const count = all.filter(({ about }) => isOf(about)).length
    const state = count > 0 ? 'findings' : rules.length > 0 ? 'nothing-found' : 'not-covered'
    return { control, demands, state, findings: count, rules }
  })
}
