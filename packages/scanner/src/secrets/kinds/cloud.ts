import { checkAwsAccessKey } from '../checks/aws-access-key.ts'
import { mixedRun, type NeighbourForm, randomNeighbour } from '../checks/random-neighbour.ts'
import {
  alphabets,
  type SecretKind,
  type SecretMatch,
  token,
  type Verdict,
} from '../secret-kind.ts'

const alibabaSecret: NeighbourForm = {
  pattern: mixedRun(30),
  entropy: 3.8,
}
const tencentSecret: NeighbourForm = {
  pattern: mixedRun(32),
  entropy: 3.8,
}

export const cloudKinds: readonly SecretKind[] = [
  {
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
    id: 'aws-access-key',
    name: 'AWS access key with its secret',
    literals: ['AKIA', 'ASIA', 'ABIA', 'ACCA'],
    pattern: token('(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}'),
    severity: 'critical',
    confidence: 'firm',
    check: checkAwsAccessKey,
    gives:
      'It signs requests to AWS as the user it belongs to: with all that this user may do there.',
    revoke:
      'Deactivate and delete it (`aws iam delete-access-key`), read CloudTrail for its use, and give devices short credentials of a role instead (Cognito, STS).',
  },
  {
    // https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html
    id: 'aws-bedrock-key',
    name: 'Amazon Bedrock API key',
    literals: ['ABSK'],
    pattern: /(?<![A-Za-z0-9+/])ABSK[A-Za-z0-9+/]{109,269}={0,2}(?![A-Za-z0-9+/=])/y,
    severity: 'high',
    confidence: 'firm',
    gives: 'It calls models at your cost, and reads what the account keeps there.',
    revoke: 'Delete the key under Bedrock › API keys, and call models from your own service.',
  },
  {
    // https://docs.aws.amazon.com/appsync/latest/devguide/security-authz.html
    id: 'aws-appsync-key',
    name: 'AWS AppSync API key',
    literals: ['da2-'],
    pattern: token('da2-[a-z0-9]{26}'),
    severity: 'low',
    confidence: 'firm',
    gives: 'It reads and writes whatever the GraphQL schema lets a key do, without a user.',
    revoke: 'Delete it (`aws appsync delete-api-key`), and let users sign in (Cognito, OIDC).',
  },
  {
    // https://docs.aws.amazon.com/cognito/latest/developerguide/identity-pools.html
    id: 'aws-cognito-pool',
    name: 'Amazon Cognito identity pool id',
    literals: ['-1:', '-2:', '-3:'],
    pattern:
      /(?<![A-Za-z0-9-])(?:us|eu|ap|sa|ca|af|me|il|mx)-(?:gov-)?[a-z]{4,9}-[1-7]:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![A-Za-z0-9-])/y,
    back: { over: alphabets.hostname, most: 18 },
    severity: 'info',
    confidence: 'firm',
    gives:
      'Public by design. Where guests are allowed, it hands out AWS credentials of the guest role to everybody.',
    revoke: 'Look what the role of guests may do, or forbid guests in the pool.',
  },
  {
    // https://docs.digitalocean.com/reference/api/create-personal-access-token/
    id: 'digitalocean-token',
    name: 'DigitalOcean token',
    literals: ['dop_v1_', 'doo_v1_', 'dor_v1_'],
    pattern: token('do[opr]_v1_[0-9a-f]{64}'),
    severity: 'critical',
    confidence: 'certain',
    gives: 'It creates, reads and destroys machines, volumes and databases of the account.',
    revoke: 'Delete it under API › Tokens.',
  },
  {
    // https://www.alibabacloud.com/help/en/ram/user-guide/create-an-accesskey-pair
    id: 'alibaba-access-key',
    name: 'Alibaba Cloud access key with its secret',
    literals: ['LTAI'],
    pattern: token('LTAI[A-Za-z0-9]{12,20}'),
    severity: 'critical',
    confidence: 'firm',
    check: (match) => paired(match, alibabaSecret, 'Alibaba Cloud access key id'),
    gives: 'It signs requests to Alibaba Cloud as the user it belongs to.',
    revoke: 'Disable and delete it in the RAM console, and give devices STS tokens instead.',
  },
  {
    // https://cloud.tencent.com/document/product/598/40488
    id: 'tencent-secret-key',
    name: 'Tencent Cloud secret id with its key',
    literals: ['AKID'],
    pattern: token('AKID[A-Za-z0-9]{32}'),
    severity: 'critical',
    confidence: 'firm',
    entropy: 3.8,
    check: (match) => paired(match, tencentSecret, 'Tencent Cloud secret id'),
    gives: 'It signs requests to Tencent Cloud as the user it belongs to.',
    revoke: 'Disable and delete it in the CAM console, and give devices temporary keys instead.',
  },
  {
    // https://yandex.cloud/en/docs/iam/concepts/authorization/api-key
    id: 'yandex-api-key',
    name: 'Yandex Cloud API key',
    literals: ['AQVN'],
    pattern: token('AQVN[A-Za-z0-9_-]{35,38}'),
    severity: 'high',
    confidence: 'firm',
    entropy: 3.8,
    gives: 'It acts as a service account of Yandex Cloud.',
    revoke: 'Delete it (`yc iam api-key delete`).',
  },
  {
    // https://devcenter.heroku.com/articles/platform-api-reference#authentication
    id: 'heroku-api-key',
    name: 'Heroku API key',
    literals: ['HRKU-'],
    pattern: token('HRKU-AA[A-Za-z0-9_-]{58}'),
    severity: 'critical',
    confidence: 'certain',
    gives: 'It deploys to, configures and deletes the apps of the account.',
    revoke: 'Regenerate it under Account settings, or `heroku authorizations:revoke`.',
  },
  {
    // https://developers.cloudflare.com/fundamentals/api/get-started/ca-keys/
    id: 'cloudflare-origin-ca-key',
    name: 'Cloudflare Origin CA key',
    literals: ['v1.0-'],
    pattern: token('v1\\.0-[0-9a-f]{24}-[0-9a-f]{146}'),
    severity: 'high',
    confidence: 'certain',
    gives: 'It issues certificates that Cloudflare accepts from origins of the account.',
    revoke: 'Change it under My profile › API tokens.',
  },
  {
    // https://docs.databricks.com/en/dev-tools/auth/pat.html
    id: 'databricks-token',
    name: 'Databricks token',
    literals: ['dapi'],
    pattern: token('dapi[0-9a-f]{32}(?:-\\d)?'),
    severity: 'high',
    confidence: 'firm',
    gives: 'It reads and writes the workspace as the user it belongs to.',
    revoke: 'Delete it under Settings › Developer › Access tokens.',
  },
  {
    // https://developer.hashicorp.com/vault/docs/concepts/tokens#token-prefixes
    id: 'vault-token',
    name: 'HashiCorp Vault token',
    literals: ['hvs.', 'hvb.'],
    pattern: token('hv[sb]\\.(?:[A-Za-z0-9]{24}|CAES[A-Za-z0-9_-]{80,250})'),
    severity: 'critical',
    confidence: 'firm',
    entropy: 3.6,
    gives: 'It reads what the policies of the token allow, secrets first of all.',
    revoke: 'Run `vault token revoke`.',
  },
  {
    // https://developer.hashicorp.com/terraform/cloud-docs/api-docs#authentication
    id: 'terraform-token',
    name: 'HCP Terraform token',
    literals: ['.atlasv1.'],
    pattern: /(?<![A-Za-z0-9])[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,70}(?![A-Za-z0-9_-])/y,
    back: { over: alphabets.alphanumeric, most: 15 },
    severity: 'critical',
    confidence: 'certain',
    gives: 'It reads state, which holds secrets, and changes infrastructure.',
    revoke: 'Delete it under User settings › Tokens.',
  },
  {
    // https://docs.doppler.com/reference/auth-token-formats
    id: 'doppler-token',
    name: 'Doppler token',
    literals: ['dp.pt.', 'dp.st.', 'dp.sa.', 'dp.ct.'],
    pattern: token('dp\\.(?:pt|st|sa|ct)\\.(?:[a-z0-9_-]{2,35}\\.)?[A-Za-z0-9]{40,44}'),
    severity: 'critical',
    confidence: 'firm',
    entropy: 3.6,
    gives: 'It reads the secrets of a project.',
    revoke: 'Revoke it under Tokens of the workplace.',
  },
  {
    // https://planetscale.com/docs/concepts/service-tokens
    id: 'planetscale-token',
    name: 'PlanetScale token or password',
    literals: ['pscale_tkn_', 'pscale_oauth_', 'pscale_pw_'],
    pattern: token('pscale_(?:tkn|oauth|pw)_[A-Za-z0-9_.-]{32,64}'),
    severity: 'critical',
    confidence: 'firm',
    gives: 'It reads and writes the database.',
    revoke: 'Delete it under Settings of the organisation or database.',
  },
  {
    // https://fly.io/docs/security/tokens/
    id: 'fly-token',
    name: 'Fly.io token',
    literals: ['fm1r_', 'fm2_'],
    pattern: /(?<![A-Za-z0-9_-])fm(?:1r|2)_[A-Za-z0-9+/]{100,}={0,3}(?![A-Za-z0-9+/=])/y,
    severity: 'high',
    confidence: 'firm',
    gives: 'It deploys and runs commands in the apps it is for.',
    revoke: 'Run `fly tokens revoke`.',
  },
  {
    // https://docs.netlify.com/api/get-started/#authentication
    id: 'netlify-token',
    name: 'Netlify token',
    literals: ['nfp_'],
    pattern: token('nfp_[A-Za-z0-9]{36}'),
    severity: 'high',
    confidence: 'firm',
    entropy: 3.6,
    gives: 'It deploys and configures the sites of the account.',
    revoke: 'Revoke it under User settings › Applications.',
  },
]

/** What opens anything only with the secret that belongs to it. */
function paired(match: SecretMatch, form: NeighbourForm, nameAlone: string): Verdict {
  const key = randomNeighbour(match.region, match.index + match.secret.length, form)
  return key === undefined
    ? { name: nameAlone, severity: 'low', note: 'Its secret was not found beside it.' }
    : { secret: `${match.secret}:${key.secret}`, confidence: key.isNear ? 'firm' : 'tentative' }
}
