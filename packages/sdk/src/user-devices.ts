import { type Platform, platforms, type UserApprovals, type UserDevices } from '@sallyport/wire'
import type { Authority } from './authority.ts'
import {
  type Members,
  readItems,
  readMembers,
  readOptionalText,
  readText,
  readTime,
} from './authority-answer.ts'
import type { TransportIdentity } from './transport.ts'

/** A device of the user: what an app shows, so that one that is not the user's is noticed. */
export type UserDevice = UserDevices['devices'][number]
/** A new device of the user, which waits for the word of one that they have. Times in RFC 3339. */
export type WaitingDevice = UserApprovals['approvals'][number]

const maximumItems = 1_000

/** The devices of this user in this app; throws as `renew` does. */
export async function listDevices(
  authority: Authority,
  identity: TransportIdentity,
): Promise<UserDevice[]> {
  const { members } = await authority.devices(identity)
  return readItems(members, 'devices' satisfies keyof UserDevices, maximumItems).map((item) => {
    const device = readMembers(item)
    return {
      deviceId: readText(device, 'deviceId', 80),
      ...modelOf(device),
      platform: platformOf(device),
      status: device.get('status') === 'suspended' ? 'suspended' : 'active',
      enrolledAt: timeText(device, 'enrolledAt'),
      current: device.get('current') === true,
    }
  })
}

/** What waits for the word of a device of this user. */
export async function listApprovals(
  authority: Authority,
  identity: TransportIdentity,
): Promise<WaitingDevice[]> {
  const { members } = await authority.approvals(identity)
  return readItems(members, 'approvals' satisfies keyof UserApprovals, maximumItems).map((item) => {
    const waiting = readMembers(item)
    return {
      approvalId: readText(waiting, 'approvalId', 80),
      ...modelOf(waiting),
      platform: platformOf(waiting),
      appVersion: readText(waiting, 'appVersion', 40),
      address: readText(waiting, 'address', 60),
      replaces: readItems(waiting, 'replaces', maximumItems).filter(
        (id): id is string => typeof id === 'string',
      ),
      requestedAt: timeText(waiting, 'requestedAt'),
      expiresAt: timeText(waiting, 'expiresAt'),
    }
  })
}

function modelOf(members: Members): { model?: string } {
  const model = readOptionalText(members, 'model', 200)
  return model === undefined ? {} : { model }
}

function platformOf(members: Members): Platform {
  return platforms.find((known) => known === members.get('platform')) ?? 'other'
}

function timeText(members: Members, name: string): string {
  return new Date(readTime(members, name)).toISOString()
}
