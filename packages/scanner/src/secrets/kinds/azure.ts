import { isKnownExample } from '../checks/known-example.ts'
import { alphabets, type SecretKind, type SecretMatch, type Verdict } from '../secret-kind.ts'

export const azureKinds: readonly SecretKind[] = [
  {
    // https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string
    id: 'azure-storage-key',
    name: 'Azure storage or Cosmos DB account key',
    literals: ['AccountKey='],
    anyCase: true,
    pattern: /AccountKey=(?<secret>[A-Za-z0-9+/]{86}==)/iy,
    entropy: 4.5,
    severity: 'critical',
    confidence: 'certain',
    check: ({ secret, index, region }) => {
      if (isKnownExample(secret)) return undefined // of the emulators
      const around = region.text.slice(Math.max(0, index - 200), index)
      const account = /Account(?:Name|Endpoint)=([A-Za-z0-9.:/-]{3,100})[^=]{0,80}$/i.exec(
        around,
      )?.[1]
      return account === undefined ? {} : { note: `It is the key of ${account}.` }
    },
    gives: 'It reads, writes and deletes everything in the account.',
    revoke:
      'Rotate both keys (`az storage account keys renew`), forbid access by key, and give devices short SAS of a user delegation key.',
  },
  {
    // https://learn.microsoft.com/azure/service-bus-messaging/service-bus-sas, …/notification-hubs, …/iot-hub
    id: 'azure-shared-access-key',
    name: 'Azure shared access key',
    literals: ['SharedAccessKey='],
    anyCase: true,
    pattern: /SharedAccessKey=(?<secret>[A-Za-z0-9+/]{43}=)/iy,
    entropy: 4.2,
    severity: 'critical',
    confidence: 'certain',
    check: checkSharedAccessKey,
    gives: 'It sends to, receives from or manages the namespace or hub, as far as its policy goes.',
    revoke:
      'Regenerate the keys of the policy, and let devices have tokens of their own from your service.',
  },
  {
    // https://learn.microsoft.com/azure/communication-services/, …/azure-web-pubsub/, …/azure-app-configuration/
    id: 'azure-access-key',
    name: 'Azure connection string',
    literals: ['accesskey=', ';secret='],
    anyCase: true,
    pattern:
      /(?<=endpoint=https:\/\/[a-z0-9.-]{4,100}(?:\.azure\.com|\.azconfig\.io)[^"'\s]{0,80};)(?:accesskey|secret)=(?<secret>[A-Za-z0-9+/]{43,120}={0,2})/gi,
    nearby: [200, 150],
    entropy: 4.2,
    severity: 'critical',
    confidence: 'certain',
    gives: 'It acts as the resource’s owner: sends messages, or reads configuration.',
    revoke:
      'Regenerate the keys of the resource, and let devices have tokens of their own from your service.',
  },
  {
    // https://learn.microsoft.com/azure/ai-services/ and others: keys that can be told by what stands at their end
    id: 'azure-service-key',
    name: 'Azure service key',
    literals: ['JQQJ99'],
    pattern: /(?<![A-Za-z0-9])[A-Za-z0-9]{52}JQQJ99[A-Z][A-L][A-Za-z0-9]{24}(?![A-Za-z0-9])/y,
    back: { over: alphabets.alphanumeric, most: 53 },
    entropy: 4,
    severity: 'critical',
    confidence: 'certain',
    gives:
      'It uses an Azure resource (AI services, DevOps, API Management …) as its owner, at your cost.',
    revoke:
      'Regenerate the keys of the resource (for Azure DevOps: revoke the token), and call it from your own service.',
  },
  {
    // https://learn.microsoft.com/rest/api/storageservices/create-service-sas
    id: 'azure-sas',
    name: 'Azure shared access signature',
    literals: ['sig='],
    pattern: /sig=(?<secret>[A-Za-z0-9%+/]{43,64}(?:%3[Dd]|=))/y,
    entropy: 3.8,
    severity: 'high',
    confidence: 'certain',
    check: checkSharedAccessSignature,
    gives: 'Whoever has the address has what it allows, until it expires.',
    revoke: 'Rotate the key that signed it, or remove its stored access policy.',
  },
  {
    // https://learn.microsoft.com/purview/sit-defn-azure-ad-client-secret
    id: 'entra-client-secret',
    name: 'Microsoft Entra client secret',
    literals: [...'0123456789'].map((digit) => `${digit}Q~`),
    pattern: /(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34}(?![A-Za-z0-9_~.-])/y,
    back: { over: alphabets.unreserved, most: 4 },
    entropy: 4,
    severity: 'critical',
    confidence: 'certain',
    gives: 'It signs in as your application: with its permissions, which often reach all users.',
    revoke:
      'Delete it under App registrations › Certificates & secrets. An app on a device is a public client and has none.',
  },
]

function checkSharedAccessKey({ index, region }: SecretMatch): Verdict {
  const around = region.text.slice(Math.max(0, index - 240), index)
  const policy = /SharedAccessKeyName=([A-Za-z0-9_.-]{1,80});?$/i.exec(around)?.[1]
  const host = /(?:sb:\/\/|HostName=)([A-Za-z0-9.-]{3,100})/i.exec(around)?.[1]
  const note =
    `${policy === undefined ? '' : `Its policy is ${policy}. `}${host === undefined ? '' : `It is for ${host}.`}`.trim()
  // What notification hubs' documentation tells apps to have.
  if (policy === 'DefaultListenSharedAccessSignature') return { severity: 'low', note }
  return { note }
}

function checkSharedAccessSignature({ index, region, now }: SecretMatch): Verdict | undefined {
  const around = region.text.slice(Math.max(0, index - 400), index + 400)
  const permissions = /[?&]sp=([a-z]{1,16})/.exec(around)?.[1]
  const isStorage = /[?&]sv=20\d\d-\d\d-\d\d/.test(around)
  const expiry = /[?&]se=(20\d\d-\d\d-\d\d)/.exec(around)?.[1]
  if (!isStorage && !/SharedAccessSignature|\.logic\.azure\.com|\/workflows\//.test(around))
    return undefined
  const note = [
    ...(permissions === undefined ? [] : [`It allows ${permissions}.`]),
    ...(expiry === undefined ? [] : [`It is good until ${expiry}.`]),
  ].join(' ')
  if (expiry !== undefined && new Date(`${expiry}T23:59:59Z`) < now)
    return { severity: 'info', note }
  const isReadOnly = permissions !== undefined && /^[rl]+$/.test(permissions)
  return isReadOnly ? { severity: 'medium', note } : { note }
}
