// A pure table: what can be wrong with what evidence is judged by. For the operator alone.
import type { Reason } from './reason.ts'

const kept = (title: string, fix: string, retryable = false): Reason => ({
  area: 'attestation',
  status: 0,
  title,
  fix,
  retryable,
})

export const trustReasons = {
  trust_source_unreachable: kept(
    'Roots or status list of attestation could not be fetched',
    'Let the authority reach the address in the detail over HTTPS (through a proxy: NODE_USE_ENV_PROXY=1 and HTTPS_PROXY). A host without internet takes a signed snapshot: attestation.snapshot. What was fetched last stays in use, and its age is watched.',
    true,
  ),
  published_roots_malformed: kept(
    'The published roots of attestation cannot be read',
    'Check that attestation.android.rootsUrl names the publisher and no proxy answers in its place. The roots that were there stay in use.',
    true,
  ),
  status_list_shrunk: kept(
    'The status list that was fetched is empty, or lost most of its entries',
    'The last good one stays in use. Compare with the publisher; where the new one is right, take it up with `sallyport attestation accept-list`.',
  ),
  status_list_missing: kept(
    'There is no status list',
    'Evidence that is held against the list is handled as attestation.android.whenTooOld says. Let the authority fetch one, or give it a snapshot.',
    true,
  ),
  status_list_too_old: kept(
    'The status list is older than attestation.android.statusListMaxAgeHours',
    'Evidence that is held against the list is handled as attestation.android.whenTooOld says. Find out why no newer one arrives: the other problems of attestation tell.',
    true,
  ),
  status_list_from_future: kept(
    'The status list in use was fetched in the future',
    'It counts as too old until it is fetched anew: the clock of the authority was wrong then, or is now. Set it by NTP.',
    true,
  ),
  trust_time_doubtful: kept(
    'The clock of the authority differs from that of the publisher of roots and status list',
    'Set the clock of the authority by NTP: dates of evidence, and of certificates, are judged by it.',
    true,
  ),
  root_unpinned: kept(
    'A root of attestation is published that is not pinned',
    'It is not trusted. Verify it with the publisher by another way; then add the SHA-256 of its key to attestation.android.rootKeys.',
  ),
  root_vanished: kept(
    'A pinned root of attestation is not published any more',
    'It is still trusted. Ask the publisher why; where the key is no longer good, remove it from attestation.android.rootKeys.',
  ),
  root_unknown: kept(
    'A pinned root of attestation is not known by its certificate',
    'Evidence that ends there is refused until its certificate is published, or comes with a snapshot. Check the digest in attestation.android.rootKeys.',
  ),
  trust_copy_refused: kept(
    'The last good copy of roots or status list on disk is not believed',
    'It is truncated, altered, or not private to the user of the authority: give it, and attestation.directory, back to that user (modes 0600 and 0700), or delete it. It is written anew when it is fetched.',
  ),
  trust_copy_unwritable: kept(
    'Roots or status list could not be written to disk',
    'What was fetched is in use, and would be lost at a restart: make room on the disk, and let the authority write to attestation.directory.',
    true,
  ),
  trust_snapshot_refused: kept(
    'The signed snapshot of roots and status list is not believed',
    'Make it again with `sallyport attestation snapshot` and the key whose public half attestation.snapshot.publicKeyFile names. What was there stays in use.',
  ),
  trust_snapshot_older: kept(
    'The signed snapshot is older than what is in use',
    'It is not taken up, since it could bring revoked keys back. Make a new one with `sallyport attestation snapshot`.',
  ),
} as const satisfies Record<string, Reason>
