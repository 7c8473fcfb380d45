import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { test } from 'node:test'
import { count, rejection, startBackend, startWorld } from './world.mjs'
import { withSockets } from './wx-socket.mjs'

const REFUSAL = { status: 401, headers: { 'content-type': 'application/problem+json' }, body: JSON.stringify({
  type: 'about:blank', title: 'no session', status: 401, detail: '', code: 'session_invalid', retry: 'restart', requestId: 'r-1'
}) }

/** Somebody signed in, beside a server of the mini program's own that asks weapp-login who comes. */
async function withShop(t, refusal = REFUSAL) {
  const world = await startWorld(t)
  const known = new Set()
  const answer = request => (known.has(request.headers.authorization) ? { body: '{"url":"https://cdn.example.com/a.png"}' } : refusal)
  const shop = await startBackend(t, answer)
  const phone = withSockets(world.phone())
  const auth = world.client(phone, { tokenOrigins: [shop.url] })
  await auth.login()
  phone.files.set('wxfile://tmp_a.png', 'picture')
  phone.steps.length = 0
  const knowToken = () => known.add(`Bearer ${phone.tokenIn(world.url)}`)
  knowToken()
  /** Ends the session, so that the shop takes only the token of the next one. */
  const endSession = async () => {
    known.clear()
    await world.revoke(phone.tokenIn(world.url))
    const setStorageSync = phone.wx.setStorageSync
    phone.wx.setStorageSync = (key, data) => {
      setStorageSync(key, data)
      knowToken()
    }
  }
  return { world, shop, phone, auth, endSession }
}

const picture = { filePath: 'wxfile://tmp_a.png', name: 'file' }

test('an upload carries the token, the file and its form', async t => {
  const { auth, phone, shop, world } = await withShop(t)

  const answer = await auth.upload({ url: `${shop.url}/pictures`, ...picture, formData: { album: 'a' } })

  assert.deepEqual([answer.statusCode, JSON.parse(answer.data)], [200, { url: 'https://cdn.example.com/a.png' }])
  const [{ method, headers, body }] = shop.seen
  assert.deepEqual([method, headers.authorization], ['POST', `Bearer ${phone.tokenIn(world.url)}`])
  assert.match(body, /name="file"; filename="tmp_a.png"[^]*picture/)
  assert.match(body, /name="album"[^]*a/)
})

test('a download carries the token and leads to a file', async t => {
  const { auth, phone, shop } = await withShop(t)

  const answer = await auth.download({ url: `${shop.url}/receipt` })

  assert.equal(answer.statusCode, 200)
  assert.equal(new TextDecoder().decode(phone.files.get(answer.tempFilePath)), '{"url":"https://cdn.example.com/a.png"}')
})

test('uploads, downloads and requests whose session ended share one login and are each sent once more', async t => {
  const { auth, phone, shop, endSession } = await withShop(t)
  await endSession()

  const answers = await Promise.all([
    auth.upload({ url: `${shop.url}/pictures`, ...picture }),
    auth.download({ url: `${shop.url}/receipt` }),
    auth.request({ url: `${shop.url}/orders` }),
    auth.upload({ url: `${shop.url}/pictures`, ...picture })
  ])

  assert.deepEqual(answers.map(answer => answer.statusCode), [200, 200, 200, 200])
  assert.equal(count(phone.steps, 'login'), 1)
  assert.equal(count(phone.steps, 'uploadFile /pictures'), 4)
  assert.equal(count(phone.steps, 'downloadFile /receipt'), 2)
})

test('an upload refused by a phone that shows no headers, and a gateway that says no code, is sent once more', async t => {
  const { auth, phone, shop, endSession } = await withShop(t, { status: 401, headers: {}, body: '<html>401</html>' })
  const { uploadFile } = phone.wx
  phone.wx.uploadFile = options => uploadFile({
    ...options,
    success: ({ data, statusCode, errMsg }) => options.success({ data, statusCode, errMsg })
  })
  await endSession()

  const answer = await auth.upload({ url: `${shop.url}/pictures`, ...picture })

  assert.equal(answer.statusCode, 200)
  assert.equal(count(phone.steps, 'login'), 1)
})

test('an upload or download to an origin that was not named goes without the token', async t => {
  const { auth, phone } = await withShop(t)
  const other = await startBackend(t, () => ({ status: 401, body: '{"code":"session_invalid"}' }))

  const upload = await auth.upload({ url: other.url, ...picture })
  const download = await auth.download({ url: other.url })

  assert.deepEqual([upload.statusCode, download.statusCode], [401, 401])
  assert.ok(other.seen.every(({ headers }) => headers.authorization === undefined))
  assert.equal(count(phone.steps, 'login'), 0)
})

test('a file that is not there ends in file_failed, without another try', async t => {
  const { auth, phone, shop } = await withShop(t)

  const error = await rejection(auth.upload({ url: shop.url, filePath: 'wxfile://gone.png', name: 'file' }))

  assert.deepEqual([error.code, error.retry, error.detail], ['file_failed', 'none', 'uploadFile:fail file not found'])
  assert.equal(phone.steps.length, 1)
})

test('the task of an upload is handed out, to abort it', async t => {
  const { auth, shop } = await withShop(t)

  const error = await rejection(auth.upload({ url: shop.url, ...picture }, task => task.abort()))

  assert.deepEqual([error.code, error.detail], ['network_failed', 'uploadFile:fail abort'])
})

/** A server of sockets that knows the tokens in `known`; `seen` lists what each handshake carried. */
async function startSockets(t, known) {
  const seen = []
  const open = new Set()
  const server = createServer((_, response) => response.writeHead(400).end())
  server.on('upgrade', (request, socket) => {
    seen.push(request.headers.authorization)
    open.add(socket)
    const status = known(request.headers.authorization) ? '101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade' : '401 Unauthorized'
    socket.write(`HTTP/1.1 ${status}\r\n\r\n`)
    if (status.startsWith('401')) socket.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    open.forEach(socket => socket.destroy())
    server.close()
  })
  return { url: `ws://127.0.0.1:${server.address().port}`, seen }
}

async function withSocketServer(t, known = () => true) {
  const world = await startWorld(t)
  const phone = withSockets(world.phone())
  const sockets = await startSockets(t, known)
  const auth = world.client(phone, { tokenOrigins: [sockets.url] })
  await auth.login()
  phone.steps.length = 0
  return { world, phone, sockets, auth }
}

test('a socket is connected with the token, and handed out once it is open', async t => {
  const { auth, phone, sockets, world } = await withSocketServer(t)

  const task = await auth.connectSocket({ url: `${sockets.url}/chat` })

  task.close()
  assert.deepEqual(sockets.seen, [`Bearer ${phone.tokenIn(world.url)}`])
})

test('sockets whose session ended share one login and are each connected once more', async t => {
  let ended = ''
  const { auth, phone, sockets, world } = await withSocketServer(t, authorization => authorization !== `Bearer ${ended}`)
  ended = phone.tokenIn(world.url)
  await world.revoke(ended)

  const tasks = await Promise.all([1, 2, 3].map(() => auth.connectSocket({ url: sockets.url })))

  tasks.forEach(task => task.close())
  assert.equal(count(phone.steps, 'login'), 1)
  assert.equal(sockets.seen.length, 6)
})

test('a socket that does not open although the session holds is the caller\'s to try again', async t => {
  const { auth, phone } = await withSocketServer(t)

  const error = await rejection(auth.connectSocket({ url: 'ws://127.0.0.1:1/' }))
  const closed = withSockets(phone).wx.connectSocket
  phone.wx.connectSocket = options => {
    const task = closed(options)
    task.close()
    return task
  }
  const early = await rejection(auth.connectSocket({ url: '/chat' }))

  assert.deepEqual([error.code, error.retry], ['network_failed', 'later'])
  assert.equal(early.code, 'network_failed')
  assert.equal(count(phone.steps, 'login'), 0)
})

test('authorize puts the token into the options of a call of one\'s own', async t => {
  const { auth, phone, shop, world } = await withShop(t)
  const options = { url: `${shop.url}/pictures`, ...picture, header: { 'X-Album': 'a' } }

  const authorized = auth.authorize(options)
  const answer = await new Promise((success, fail) => phone.wx.uploadFile({ ...authorized, success, fail }))

  const header = { 'X-Album': 'a', Authorization: `Bearer ${phone.tokenIn(world.url)}` }
  assert.deepEqual(authorized, { ...options, header })
  assert.deepEqual(options.header, { 'X-Album': 'a' })
  assert.equal(answer.statusCode, 200)
})

test('authorize gives the token to nobody else, overwrites nothing, and takes a path below baseUrl', async t => {
  const { auth, shop, world } = await withShop(t)
  const { host } = new URL(world.url)

  const elsewhere = ['https://elsewhere.example.com/a', `http://evil.example.com\\${host}/`, `http://${host}@evil.example.com/`]
    .map(url => auth.authorize({ url }))
  const own = auth.authorize({ url: shop.url, header: { authorization: 'Basic eDp5' } })
  const socket = auth.authorize({ url: world.url.replace('http', 'ws') })
  const path = auth.authorize({ url: '/v1/session' })
  await auth.logout()
  const signedOut = auth.authorize({ url: shop.url })

  assert.ok(elsewhere.every(options => options.header === undefined))
  assert.deepEqual(own.header, { authorization: 'Basic eDp5' })
  assert.match(socket.header.Authorization, /^Bearer /)
  assert.deepEqual([path.url, Object.keys(path.header)], [`${world.url}/v1/session`, ['Authorization']])
  assert.deepEqual(signedOut, { url: shop.url })
})
