import type { AppPackage } from '../../app-package.ts'

/**
 * What a finding is about, in every build: without the id of the app, which differs between variants of it; apps that
 * lie in it are named.
 */
export function identityOf(app: Pick<AppPackage, 'id'>, packageName: string, what: string): string {
  return packageName === (app.id ?? '') ? what : `${packageName} ${what}`
}
