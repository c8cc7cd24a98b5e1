import { Problem } from '@sallyport/problem'
import type { AppConfig } from './app-config.ts'
import type { AuthorityConfig } from './authority-config.ts'

/**
 * What a schema cannot say of a configuration.
 *
 * @throws Problem `config_invalid` where an app would enrol whoever asks
 */
export function checkConfig(config: AuthorityConfig): void {
  for (const [appId, app] of Object.entries(config.apps)) {
    if (!isOpen(app)) continue
    throw new Problem('config_invalid', {
      detail: `apps.${appId}.enrollment: whoever asks would be enrolled`,
      expected: 'evidence, enrollmentToken: required, or approval: required',
      found: 'none of them',
    })
  }
}

/** Mode `shadow` lets everything pass too, but says so by its name. */
function isOpen({ enrollment }: AppConfig): boolean {
  return (
    enrollment.mode === 'enforce' &&
    enrollment.evidence.length === 0 &&
    enrollment.enrollmentToken !== 'required' &&
    enrollment.approval !== 'required'
  )
}

/** What a running authority cannot take up. */
const fixed: readonly { name: string; of: (config: AuthorityConfig) => string }[] = [
  { name: 'trustDomain', of: ({ trustDomain }) => trustDomain },
  { name: 'store.path', of: ({ store }) => store.path },
  { name: 'authority.keys.directory', of: ({ authority }) => authority.keys.directory },
  {
    name: 'authority.listeners.device.listen',
    of: ({ authority }) => authority.listeners.device.listen,
  },
  {
    name: 'authority.listeners.admin.listen',
    of: ({ authority }) => authority.listeners.admin.listen,
  },
  {
    name: 'authority.listeners.operations.listen',
    of: ({ authority }) => authority.listeners.operations.listen,
  },
]

/** @throws Problem `config_invalid` where something changed that needs a restart */
export function refuseFixedChanges(running: AuthorityConfig, next: AuthorityConfig): void {
  const changed = fixed.find(({ of }) => of(running) !== of(next))
  if (changed === undefined) return
  throw new Problem('config_invalid', {
    detail: `${changed.name} changed: that needs a restart`,
    expected: changed.of(running),
    found: changed.of(next),
  })
}
