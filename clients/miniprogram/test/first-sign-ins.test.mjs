import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { root } from './world.mjs'

test('the figures come from a run: everybody whose key changes fails in the obvious order, nobody in ours', async () => {
  const script = join(root, 'bench/first-sign-ins.mjs')

  const { stdout } = await promisify(execFile)(process.execPath, [script, '--people', '120', '--seed', '7'])

  const [, never, expired] = /: (?:(\d+) key expired).*?(\d+) never met/.exec(stdout)
  assert.match(stdout, new RegExp(`the obvious order .*: ${Number(never) + Number(expired)} of 120 fail at the first try`))
  assert.match(stdout, /the right order \(this client\): 0 of 120 fail at the first try \(0\.0 %\)/)
})
