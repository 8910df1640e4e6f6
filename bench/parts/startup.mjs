/** What starting costs, against Node doing nothing. */
import { cli } from '../contenders.mjs'

export function run({ measure, rounds, report }) {
  const contenders = [
    { name: 'sessionize --help', args: [cli, '--help'] },
    { name: 'node -e 0', args: ['-e', '0'] },
  ]
  report('Start-up', measure.compare(contenders, rounds * 3))
}
