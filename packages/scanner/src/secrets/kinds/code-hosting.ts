import { hasBase62Checksum, hasRoutableChecksum } from '../checks/checksum.ts'
import { type SecretKind, type SecretMatch, token, type Verdict } from '../secret-kind.ts'

export const codeHostingKinds: readonly SecretKind[] = [
  {
    // https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats/
    id: 'github-token',
    name: 'GitHub token',
    literals: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'],
    pattern: token('gh[pousr]_[A-Za-z0-9]{36}'),
    severity: 'critical',
    confidence: 'certain',
    check: base62Checked,
    gives:
      'It reads and writes repositories as its owner, your source and your pipelines among them.',
    revoke: 'Delete it under Settings › Developer settings, and read the audit log for its use.',
  },
  {
    // https://github.blog/changelog/2022-10-18-introducing-fine-grained-personal-access-tokens/
    id: 'github-fine-grained-token',
    name: 'GitHub fine-grained token',
    literals: ['github_pat_'],
    pattern: token('github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}'),
    entropy: 4,
    severity: 'critical',
    confidence: 'firm',
    gives: 'It reads and writes the repositories it was made for.',
    revoke: 'Delete it under Settings › Developer settings, and read the audit log for its use.',
  },
  {
    // https://docs.gitlab.com/security/tokens/#token-prefixes
    id: 'gitlab-token',
    name: 'GitLab token',
    literals: ['glpat-', 'gldt-', 'glrt-', 'glptt-', 'gloas-', 'glft-', 'glsoat-', 'glcbt-'],
    pattern: token(
      'gl(?:pat|dt|rt|ptt|oas|ft|soat|cbt)-(?:[A-Za-z0-9_-]{27,300}\\.[0-9a-z]{2}\\.[0-9a-z]{9}|[A-Za-z0-9_-]{20,64}(?!\\.\\d))',
    ),
    entropy: 3.3,
    severity: 'critical',
    confidence: 'firm',
    check: ({ secret }) => {
      if (!secret.includes('.')) return {}
      return hasRoutableChecksum(secret)
        ? { confidence: 'certain', note: 'Its checksum is right.' }
        : undefined
    },
    gives: 'It reads and writes projects, or runs jobs, as its owner.',
    revoke: 'Revoke it under Access tokens, and read the audit events for its use.',
  },
  {
    // https://support.atlassian.com/bitbucket-cloud/docs/app-passwords/, …/api-tokens/
    id: 'atlassian-token',
    name: 'Atlassian token or Bitbucket app password',
    literals: ['ATATT3', 'ATCTT3', 'ATBB'],
    pattern:
      /(?<![A-Za-z0-9_-])(?:AT[AC]TT3[A-Za-z0-9_=-]{150,300}=[0-9A-F]{8}|ATBB[A-Za-z0-9]{24}[0-9A-F]{8})(?![A-Za-z0-9_=-])/y,
    entropy: 3.6,
    severity: 'critical',
    confidence: 'firm',
    gives: 'It reads and writes repositories, issues or pages as its owner.',
    revoke: 'Revoke it under Account settings › Security.',
  },
  {
    // https://github.blog/2021-09-23-announcing-npms-new-access-token-format/
    id: 'npm-token',
    name: 'npm access token',
    literals: ['npm_'],
    pattern: token('npm_[A-Za-z0-9]{36}'),
    severity: 'critical',
    confidence: 'certain',
    check: base62Checked,
    gives: 'It installs private packages and may publish yours.',
    revoke: 'Run `npm token revoke`.',
  },
  {
    // https://warehouse.pypa.io/development/token-scanning.html: a macaroon whose location is pypi.org
    id: 'pypi-token',
    name: 'PyPI token',
    literals: ['pypi-AgEIcHlwaS5vcmc', 'pypi-AgENdGVzdC5weXBpLm9yZw'],
    pattern: token('pypi-(?:AgEIcHlwaS5vcmc|AgENdGVzdC5weXBpLm9yZw)[A-Za-z0-9_-]{70,250}'),
    severity: 'critical',
    confidence: 'certain',
    gives: 'It publishes packages.',
    revoke: 'Remove it under Account settings › API tokens.',
  },
  {
    // https://guides.rubygems.org/api-key-scopes/
    id: 'rubygems-key',
    name: 'RubyGems API key',
    literals: ['rubygems_'],
    pattern: token('rubygems_[0-9a-f]{48}'),
    severity: 'critical',
    confidence: 'certain',
    gives: 'It publishes gems.',
    revoke: 'Delete it under Settings › API keys.',
  },
  {
    // https://docs.docker.com/security/access-tokens/
    id: 'docker-token',
    name: 'Docker Hub token',
    literals: ['dckr_pat_', 'dckr_oat_'],
    pattern: token('dckr_[po]at_[A-Za-z0-9_-]{27,32}'),
    entropy: 3.5,
    severity: 'critical',
    confidence: 'certain',
    gives: 'It pulls private images and may push yours.',
    revoke: 'Delete it under Account settings › Personal access tokens.',
  },
  {
    // https://learn.microsoft.com/nuget/nuget-org/scoped-api-keys
    id: 'nuget-key',
    name: 'NuGet API key',
    literals: ['oy2'],
    pattern: token('oy2[a-z0-9]{43}'),
    entropy: 3.8,
    severity: 'high',
    confidence: 'firm',
    gives: 'It publishes packages.',
    revoke: 'Delete it under API keys.',
  },
  {
    // https://jfrog.com/help/r/jfrog-platform-administration-documentation/api-key
    id: 'artifactory-key',
    name: 'Artifactory API key',
    literals: ['AKCp'],
    pattern: token('AKCp[A-Za-z0-9]{69}'),
    entropy: 4,
    severity: 'critical',
    confidence: 'firm',
    gives: 'It reads and writes your artifacts.',
    revoke: 'Revoke it in the user’s profile.',
  },
  {
    // https://circleci.com/docs/managing-api-tokens/
    id: 'circleci-token',
    name: 'CircleCI token',
    literals: ['CCIPAT_', 'CCIPRJ_'],
    pattern: token('CCIP(?:AT|RJ)_[A-Za-z0-9]{22}_[0-9a-f]{40}'),
    severity: 'critical',
    confidence: 'certain',
    gives: 'It runs pipelines and reads their configuration.',
    revoke: 'Delete it under User settings › Personal API tokens.',
  },
  {
    // https://docs.sonarsource.com/sonarqube-server/user-guide/managing-tokens/
    id: 'sonar-token',
    name: 'SonarQube token',
    literals: ['squ_', 'sqp_', 'sqa_'],
    pattern: token('sq[upa]_[0-9a-f]{40}'),
    severity: 'high',
    confidence: 'certain',
    gives: 'It reads your source and its weaknesses.',
    revoke: 'Revoke it under My account › Security.',
  },
]

function base62Checked({ secret }: SecretMatch): Verdict | undefined {
  return hasBase62Checksum(secret) ? { note: 'Its checksum is right.' } : undefined
}
