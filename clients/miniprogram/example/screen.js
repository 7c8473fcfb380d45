const auth = require('./auth.js')
const { messageFor } = require('./messages.js')

/**
 * Runs `step` for `page`, and shows what came of it.
 *
 * @param {WechatMiniprogram.Page.Instance<any, any>} page
 * @param {() => Promise<unknown>} step
 */
async function run(page, step) {
  page.setData({ busy: true, message: '' })
  let message = ''
  try {
    await step()
  } catch (error) {
    message = messageFor(error)
  }
  page.setData({ busy: false, user: auth.user, message })
  return message === ''
}

module.exports = { run }
