/**
 * A pure table: everything that the audit log tells, as `<thing>.<verb>`, and what each means. Webhooks call it the
 * type of an event. What is there keeps its name: people search old logs by it.
 */
export const auditActions = {
  'authority.initialized': 'an authority began, with its trust domain',
  'configuration.changed':
    'it started, or took up its configuration, with other members than before',
  'store.restored': 'a backup took the place of the store',
  'store.log-followed': 'what a chain of this log says had ended since a backup was ended again',

  'device.enrolled': 'a device was given its first certificate',
  'device.suspended': 'it is let in nowhere, until it is resumed',
  'device.resumed': 'it is let in again',
  'device.revoked': 'it is let in nowhere, for good',
  'device.superseded': 'the same phone enrolled again in its place',
  'device.forked': 'two hold keys of one lineage: a clone, or a phone restored from a backup',
  'device.risk': 'its phone made more App Attest keys than policy takes',
  'device.key-listed':
    'a certificate that its key rests on is on the list of revoked attestation keys',
  'device.tokens-ended': 'access tokens that were issued to it until then count nowhere',
  'certificate.renewed': 'a certificate got its successor',
  'certificate.revoked': 'one certificate was ended, and its device was not',
  'certificate.refused': 'gateways refuse one that the registry does not have',
  'certificate.superseded': 'its successor took its place',
  'user.device-added': 'a user has one device more',
  'user.exported': 'somebody was given what is kept of a user',
  'user.forgotten': 'what was kept of a user was deleted',

  'approval.requested': 'an enrolment waits for somebody',
  'approval.approved': 'somebody let it in',
  'approval.denied': 'somebody refused it',
  'enrollment-token.created': 'a one-time token was made',
  'enrollment-token.used': 'a device enrolled by it',
  'enrollment-token.revoked': 'it lets nobody in any more',
  'acme-credential.created': 'accounts of ACME can be made by it (external account binding)',
  'acme-credential.revoked': 'it lets nobody in any more',
  'acme-account.created': 'a client of ACME made an account',
  'acme-account.key-changed': 'it has another key',
  'acme-account.deactivated': 'it orders nothing any more',
  'mdm-credential.created': 'devices of an MDM can enrol by it',
  'mdm-credential.revoked': 'it lets nobody in any more',
  'service-certificate.issued': 'a server was given a certificate by ACME',
  'service-certificate.revoked': 'that one was ended',

  'token.ended': 'one access token counts nowhere',
  'session.ended': 'the tokens of a sign-in count nowhere',
  'subject.tokens-ended': 'the tokens of a user that were issued until then count nowhere',
  'session.bound': 'tokens of a sign-in are exchanged by this device, and by no other',
  'session.refused-elsewhere': 'another device tried to',
  'limits.lifted': 'somebody ended a limit or a block before its time',

  'root.created': 'a root was made',
  'root.imported': 'a root whose key is elsewhere is believed',
  'issuer.requested': 'a CA waits for its certificate from a root that is elsewhere',
  'issuer.created': 'a CA was made',
  'issuer.imported': 'a CA got its certificate',
  'issuer.retired': 'a CA issues nothing more, and is believed still',
  'issuer.withdrawn': 'a CA, and whatever it issued, is believed by nobody',
  'list.imported': 'the revocation list of a root that is elsewhere was taken up',
  'scep-ra.created': 'SCEP has another registration authority',
  'token-key.created': 'a key that exchanged tokens are signed with was made',
  'feed-key.created': 'a key that the feed is signed with was made',
  'feed-key.replaced': 'nothing that the keys of the feed before it signed is believed',
  'checkpoint-key.created': 'a key that checkpoints of this log are signed with was made',

  'gateway.added': 'a gateway was given its certificate',
  'gateway.revoked': 'its certificate and its keys count nowhere',
  'break-glass.began': 'somebody at a gateway made one of its stages laxer',
  'break-glass.ended': 'that is over',
  'feed.restarted': 'the feed began anew, in another epoch',
  'feed.restart-refused':
    'a gateway said too often in a day that the store went back: no epoch began over its word',
  'feed.listed-apps': 'gateways are told of every certificate of these apps',
  'feed.confirmed': 'what gateways knew and a restored store did not was ended again',
  'feed.dropped': 'what gateways knew and a restored store did not was let go',
  'status-list.taken-up': 'another list of revoked attestation keys is in force',
  'status-list.accepted': 'somebody accepted a list that differed from the last by too much',

  'admin-token.created': 'somebody can use the admin API by it',
  'admin-token.revoked': 'nobody can any more',
  'proposal.made': 'a call waits for a second person',
  'proposal.agreed': 'a second person agreed',
  'proposal.declined': 'somebody declined',
  'webhook.disabled': 'a receiver is sent nothing more',
  'webhook.enabled': 'it is sent events again',
  'webhook.event-skipped': 'it refuses one event and takes others: that one is passed over',
  'webhook.retried': 'it was tried before its time, or sent again what it had',
} as const satisfies Readonly<Record<`${string}.${string}`, string>>

export type AuditAction = keyof typeof auditActions

/** Whether an action is one of those that a pattern means: itself, `device.*`, or `*`. */
export function isActionLike(action: string, pattern: string): boolean {
  if (!pattern.endsWith('*')) return action === pattern
  return action.startsWith(pattern.slice(0, -1))
}

/** Whether there is any action that a pattern means. */
export function meansSomething(pattern: string): boolean {
  return Object.keys(auditActions).some((action) => isActionLike(action, pattern))
}
