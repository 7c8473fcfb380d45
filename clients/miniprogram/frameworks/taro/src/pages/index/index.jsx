import { Button, Text, View } from '@tarojs/components'
import { useLoad } from '@tarojs/taro'
import { useState } from 'react'
import { auth } from '../../auth.js'

export default function Index() {
  const [user, setUser] = useState(auth.user)

  useLoad(async () => setUser(await auth.login({ create: false })))

  return (
    <View>
      {user && <Text>{`${user.id} ${user.phone || '未绑定'}`}</Text>}
      <Button onClick={async () => setUser(await auth.login())}>登录</Button>
      <Button openType='getPhoneNumber' onGetPhoneNumber={async event => setUser(await auth.registerByPhone(event.detail))}>
        手机号登录
      </Button>
    </View>
  )
}
