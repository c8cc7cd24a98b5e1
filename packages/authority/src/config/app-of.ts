import { Problem } from '@sallyport/problem'
import type { AppConfig } from './app-config.ts'

/** @throws Problem `app_unknown` */
export function appOf(apps: Readonly<Record<string, AppConfig>>, appId: string): AppConfig {
  const app = Object.hasOwn(apps, appId) ? apps[appId] : undefined
  if (app === undefined) {
    throw new Problem('app_unknown', {
      expected: `one of ${Object.keys(apps).join(', ')}`,
      found: appId,
    })
  }
  return app
}
