import { existsSync } from 'node:fs'
import path from 'node:path'
import { resolvePath } from '@sallyport/config'
import { insecureSwitches } from '../configuration/insecure-switches.ts'
import type { DoctorCheck, Finding } from './finding.ts'

/** Needed only to make another CA or server certificate: whoever has them can make any device. */
const serviceRootKey = 'service-root.key.json'
const rootKeys = ['device-root.key.json', serviceRootKey]

type Keys = {
  authority?: { keys?: { directory?: string } }
  apps?: Record<string, { protocols?: { acme?: { serviceNames?: readonly string[] } } } | undefined>
}

/** The keys of the roots lie offline, but for that of the service root where ACME issues with it. Where this is for development anyway, nothing is said. */
export const rootKeyCheck: DoctorCheck = {
  name: 'root keys',
  examine: ({ file }) => {
    const { authority, apps = {} } = file.value as Keys
    const directory = authority?.keys?.directory
    if (directory === undefined || insecureSwitches(file.value).length > 0) return []
    const issuesServers = Object.values(apps).some(
      (app) => (app?.protocols?.acme?.serviceNames ?? []).length > 0,
    )
    return rootKeys.map((name) => {
      const what = path.join(resolvePath(file.directory, directory), name)
      const isHere = existsSync(what)
      if (issuesServers && name === serviceRootKey) return ofIssuingRoot(what, isHere)
      if (!isHere) return { check: 'root keys', verdict: 'ok', what, found: 'is not here' }
      const fix = 'Copy it to a medium that you keep offline, then remove it here.'
      return { check: 'root keys', verdict: 'warn', what, found: 'is on this machine', fix }
    })
  },
}

function ofIssuingRoot(what: string, isHere: boolean): Finding {
  const finding = { check: 'root keys', what }
  if (isHere) {
    return {
      ...finding,
      verdict: 'ok',
      found: 'is here: ACME issues certificates of servers with it',
    }
  }
  const found = 'is not here, and ACME issues certificates of servers with it'
  const fix = 'Bring it back, or take serviceNames out of protocols.acme.'
  return { ...finding, verdict: 'fail', found, fix }
}
