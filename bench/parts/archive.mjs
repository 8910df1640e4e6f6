/**
 * An Amplitude export, the unzip included, against the engine's own reading of the extracted files
 * with an explicit schema. Needs `unzip`.
 */
import { spawnSync } from 'node:child_process'
import { cli, sqlContender } from '../contenders.mjs'

export function run({ archiveSizes, folder, path, data, compare, report, forget }) {
  for (const events of archiveSizes) {
    const { path: zip, size } = data(`export-${events}.zip`, '--events', events, '--seed', '4')
    const extracted = path('extracted')
    const { status } = spawnSync('unzip', ['-q', zip, '-d', extracted])
    if (status !== 0) throw new Error('`unzip` failed, or is not installed')
    const read = `CREATE TABLE counted AS SELECT count(*) FROM (
      SELECT amplitude_id, event_time, event_type, session_id, uuid FROM read_json('${extracted}/*/*#*.json.gz',
        format = 'newline_delimited',
        columns = {amplitude_id: 'VARCHAR', event_time: 'VARCHAR', event_type: 'VARCHAR', session_id: 'VARCHAR', uuid: 'VARCHAR'})
      WHERE amplitude_id <> '' AND event_time <> '' AND event_type <> '' AND session_id <> '' AND uuid <> '')`
    const out = path('archive.json')
    const contenders = [
      { name: 'sessionize export.zip', args: [cli, zip, '-o', out] },
      {
        name: 'the same, duplicates kept',
        args: [cli, zip, '--dedupe', 'none', '-o', out],
      },
      sqlContender(folder, "the engine's read_json of the extracted .json.gz", read),
    ]
    report(`Amplitude export: ${events} events in a zip of ${size}`, compare(contenders))
    forget(zip)
    forget(extracted)
  }
}
