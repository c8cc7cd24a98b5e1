// A pure table: what a gateway says of a feed that it does not believe, and of certificates that it cannot place.
import type { Reason } from './reason.ts'

export const feedReasons = {
  device_unknown: {
    area: 'device',
    status: 401,
    title: 'The registry never issued this certificate',
    fix: 'Its CA signed it, and the authority knows nothing of it: somebody else has the key of that CA, or the store was restored from a backup of before. Look at the audit log; withdraw the CA where its key is lost. The device enrols again.',
    action: 're-enroll',
    retryable: false,
    publicCode: 'device_certificate_untrusted',
  },
  device_not_yet_known: {
    area: 'device',
    status: 503,
    title: 'The certificate is younger than what this gateway has heard of the authority',
    fix: 'Repeat the request. If it goes on, the gateway does not hear the authority: see sallyport_feed_age_seconds.',
    retryable: true,
  },
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
