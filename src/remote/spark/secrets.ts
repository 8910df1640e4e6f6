/** What Spark is given that must stand in no message. */
import { Secrets } from '../../errors/secrets.js'
import type { Environment } from './home.js'

/** As Spark's own `spark.redaction.regex` names them, and what else there is. */
const SECRET_NAME = /secret|passw|token|access[._]?key|api[._]?key|credential/i
/** A path or a switch of such a name tells where a secret is, not what. */
const NO_SECRET = /^([./~].*|\w{0,5}|true|false|[a-z]\w*(\.[a-z_]\w*){2,}\.[A-Z]\w*)$/

/** In an address: `jdbc:...?password=x`, `https://user:x@host`. */
const WITHIN = /(?:passw\w*|secret\w*|token|signature|sig)=([^&;\s]+)|\/\/[^/\s:@]*:([^/\s@]+)@/gi

export function sparkSecrets(conf: Environment, env: Environment): Secrets {
  const values = [...Object.entries(env), ...Object.entries(conf)].flatMap(([name, value = '']) => [
    ...(SECRET_NAME.test(name) && !NO_SECRET.test(value) ? [value] : []),
    ...[...value.matchAll(WITHIN)].map(([, inQuery, inAddress]) => inQuery ?? inAddress ?? ''),
  ])
  return new Secrets(values)
}
