import type { User } from './admit-user.ts'

/** What rows of a user in an app have, of devices and of approvals alike: for `where`. */
export function ofUser({ provider, subject }: User, appId: string) {
  return { user_subject: subject, user_provider: provider, app_id: appId }
}
