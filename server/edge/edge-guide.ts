import type { EdgePlan } from './edge-plan.ts';

/** How a county's technician sets the edge up, in Chinese. */
export function edgeGuide(
  plan: EdgePlan,
  installed: Readonly<Record<'nginx' | 'vcl' | 'unit', string>>,
): string {
  const { varnish, tls, stateDir } = plan;
  const packages = varnish === undefined ? 'nginx' : 'nginx varnish';
  const port = (tls?.listen ?? plan.listen).split(':').at(-1);
  const name = plan.serverNames[0] ?? '本机地址';
  const base = `${tls === undefined ? 'http' : 'https'}://${name}${port === '80' || port === '443' ? '' : `:${port}`}`;
  const checks = [
    `curl -s ${base}/edge/health        # "origin":"alive" 表示连得上中心`,
    ...(varnish === undefined
      ? []
      : [`varnishstat -n ${stateDir}/varnish -1 -f MAIN.cache_hit -f MAIN.cache_miss`]),
    `tail -f ${stateDir}/log/error.log`,
  ];
  return `# 边缘节点 ${plan.name}

由 \`yuanjiao edge-config\` 生成。要改设置，请在中心重新生成，不要手改。

本机上的 nginx ${varnish === undefined ? '' : '和 Varnish '}为本县的站点转发中心 ${plan.origin.isSecure ? 'https' : 'http'}://${plan.origin.host}:${plan.origin.port}：
讲座按片存在磁盘（最多 ${plan.diskGib} GiB），直播课堂${varnish === undefined ? `由 nginx 缓存（最多 ${plan.liveDiskMib} MiB）` : `放在 Varnish 的内存里（${varnish.memoryMib} MiB）`}，页面和接口原样转发。
${plan.secret === undefined ? '没有设密钥：任何人都能经过本机观看。' : '只放行带有效签名的媒体地址；签名由中心发给页面，本机只检查时间和真伪，所以本机的时钟要准（装 chrony 或启用 systemd-timesyncd）。'}${plan.formerSecret === undefined ? '' : '\n正在更换密钥：新旧两个密钥签的地址都放行。中心换好、旧地址都过期之后，请重新生成一次，去掉旧密钥。'}

## 安装（Debian 12）

\`\`\`sh
apt-get install ${packages}
install -d -m 755 ${stateDir} ${stateDir}/log ${stateDir}/cache ${stateDir}/temp
${
  varnish === undefined
    ? ''
    : `install -D -m 644 varnish.vcl ${installed.vcl}
install -D -m 644 varnish-override.conf ${installed.unit}
systemctl daemon-reload && systemctl restart varnish
`
}install -D -m ${plan.secret === undefined ? '644' : '600'} nginx.conf ${installed.nginx}
nginx -t && systemctl restart nginx
\`\`\`

## 检查

\`\`\`sh
${checks.join('\n')}
\`\`\`

站点访问 ${base}/ ，内容与中心相同。应答头 \`X-Edge\` 是节点名，\`X-Edge-Cache\` 是 \`HIT\`（缓存给出）或 \`MISS\`（取自中心）。
中心要把 \`YUANJIAO_TRUSTED_PROXIES\` 设为 1，登录限制才会按站点、而不是按节点计数。

## 断线时

- 中心重启或线路中断：已缓存的讲座照常播放；普通直播的列表最多再给 30 秒；低延迟直播立刻得到 503，播放器自己重试，恢复后接着放。
${varnish === undefined ? '' : '- Varnish 停了：nginx 自己缓存直播，延迟大一些，`/edge/health` 显示 `varnish-is-down`。\n'}- 磁盘满：nginx 按最久未用删除缓存，不影响播放。
`;
}
