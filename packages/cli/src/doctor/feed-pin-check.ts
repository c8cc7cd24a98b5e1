import type { DoctorCheck } from './finding.ts'

const check = 'keys of the feed'

/** Whether the gateway pins what the feed of its authority is signed with. */
export const feedPinCheck: DoctorCheck = {
  name: check,
  examine: ({ file }) => {
    const { gateway } = file.value as { gateway?: { authority: { feedKeysFile?: string } } }
    if (gateway === undefined) return []
    const { feedKeysFile } = gateway.authority
    if (feedKeysFile !== undefined) {
      return [{ check, verdict: 'ok', what: feedKeysFile, found: 'pinned' }]
    }
    return [
      {
        check,
        verdict: 'warn',
        what: 'gateway.authority.feedKeysFile',
        found: 'not set: the keys that came first are trusted',
        fix: 'Write them with `sallyport feed keys --out feed-keys.json`, name the file there, and reload.',
      },
    ]
  },
}
