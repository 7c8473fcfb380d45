module.exports = {
  projectName: 'weapp-login-on-taro',
  designWidth: 750,
  sourceRoot: 'src',
  outputRoot: 'dist',
  framework: 'react',
  compiler: 'vite',
  plugins: ['@tarojs/plugin-framework-react', '@tarojs/plugin-platform-weapp']
}
