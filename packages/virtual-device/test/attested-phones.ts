import assert from 'node:assert/strict'
import { devicePaths } from '@sallyport/wire'
import type {
  VirtualAndroid,
  VirtualDevice,
  VirtualDeviceOptions,
  VirtualIphone,
} from '../src/index.ts'
import type { AuthorityDeployment } from './authority-deployment.ts'

type Options = Partial<VirtualDeviceOptions>
type Changes = Partial<Omit<VirtualAndroid, 'platform' | 'facts' | 'hostility'>> &
  Partial<Omit<VirtualIphone, 'platform' | 'facts' | 'hostility'>>

/** Makers of honest phones of the app `phones`, and of less honest ones. */
export type Phones = {
  android(
    changes?: Changes & Pick<VirtualAndroid, 'facts' | 'hostility'>,
    options?: Options,
  ): VirtualDevice
  ios(
    changes?: Changes & Pick<VirtualIphone, 'facts' | 'hostility'>,
    options?: Options,
  ): VirtualDevice
}

export function attestedPhones({ attestationRoot: root, clock, device }: AuthorityDeployment) {
  const common = { root, platformNow: () => Date.now() + clock.offsetMs }
  const phones: Phones = {
    android: (changes = {}, options = {}) =>
      device({
        appId: 'phones',
        phone: { platform: 'android', ...common, ...changes },
        ...options,
      }),
    ios: (changes = {}, options = {}) =>
      device({ appId: 'phones', phone: { platform: 'ios', ...common, ...changes }, ...options }),
  }
  return phones
}

/** The authority stands in for the gateway: `me` answers whom it sees, over mutual TLS. */
export async function whoAmI(device: VirtualDevice): Promise<string> {
  const response = await device.fetch(devicePaths.me)
  assert.equal(response.status, 200)
  return ((await response.json()) as { deviceId: string }).deviceId
}
