// A pure table: what a gateway says of a feed that it does not believe, and of certificates that it cannot place.
import type { Reason } from './reason.ts'

export const feedReasons = {
  feed_unverified: {
    area: 'status',
    status: 0,
    title: 'What came over the feed is not signed with a key that is believed',
    fix: 'Nothing of it was taken: the gateway goes on with what it knows, which grows old. Look at what stands between it and the authority. Where the keys of the authority were made anew, write them with `sallyport feed keys` and name the file in gateway.authority.feedKeysFile.',
    retryable: true,
  },
  feed_went_back: {
    area: 'status',
    status: 0,
    title: 'The authority tells of fewer changes than it has told of before',
    fix: 'Nothing of it was taken. A store that was restored from a backup begins another epoch by itself as soon as a gateway reports; if this goes on, somebody hands on old messages: look at what stands between gateway and authority.',
    retryable: true,
  },
  feed_keys_unpinned: {
    area: 'status',
    status: 0,
    title: 'The keys of the feed were trusted as they came',
    fix: 'Once, because none were configured: write them with `sallyport feed keys` on the host of the authority, name the file in gateway.authority.feedKeysFile, and reload.',
    retryable: false,
  },
} as const satisfies Readonly<Record<string, Reason>>
