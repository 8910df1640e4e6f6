/** `--where`: a condition and nothing else. */
import { describe, expect, test } from 'vitest'
import { open, Scratch } from './opened.js'

const scratch = new Scratch()
const path = scratch.write(
  'events.csv',
  `user_id,timestamp,event,price,code,__user,"we""ird"
ann,2024-03-05T10:00:00Z,a;b,9,007,x,1
bob,2024-03-05T10:01:00Z,c -- d,30,7,y,2
eve,2024-03-05T10:02:00Z,e /* f */,,8,z,3
`,
)
const kept = async (where: string): Promise<string> =>
  (await open([path], { where })).events.map(({ user }) => user).join()

test.each([
  ["event = 'a;b'", 'ann'],
  ["event = 'c -- d'", 'bob'],
  ["event = 'e /* f */'", 'eve'],
  ['price > 10 -- a comment', 'bob'],
  ['price /* in the middle */ > 10', 'bob'],
  ["code = '007'", 'ann'],
  ["__user = 'y'", 'bob'],
  ['"we""ird" = 2 AND TRUE', 'bob'],
  ["user = 'ann' OR time > '2024-03-05T10:01:30Z'", 'ann,eve'],
  ['price IS NULL', 'eve'],
  ['PRICE > 10 and Price < 100', 'bob'],
  // Its brackets are odd, but it is a condition.
  ['price > 20) OR (price < 10', 'ann,bob'],
  ["lower(event) LIKE 'a%'", 'ann'],
])('%s', async (where, users) => expect(await kept(where)).toBe(users))

describe('what is none', () => {
  test.each([
    ['price >', 'bad_condition'],
    ['', 'bad_condition'],
    ['price > 1; SELECT 2', 'bad_condition'],
    ['price > 1) UNION SELECT 1 WHERE (true', 'bad_condition'],
    ['price > 1) GROUP BY (price', 'bad_condition'],
    ['price IN (SELECT 1)', 'bad_condition'],
    ['sum(price) > 1', 'bad_condition'],
    ['row_number() OVER () > 1', 'bad_condition'],
    ['no_such_function(price) > 1', 'bad_condition'],
    ['CAST(event AS INTEGER) > 1', 'bad_condition'],
    ['pricee > 1', 'unknown_column'],
    ['constructor = 1', 'unknown_column'],
  ])('%s', async (where, code) => {
    await expect(open([path], { where })).rejects.toMatchObject({ code, exitCode: 2 })
  })
})
