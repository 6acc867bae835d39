# ruff: noqa: E501
"""Ordinary life in Chinese: a rule for each kind of post, and what friends answer."""

from __future__ import annotations

KINDS = {
    "meal": 12, "weather": 7, "child": 8, "parents": 6, "pet": 6, "office": 9, "study": 4,
    "sport": 6, "trip": 6, "story": 7, "house": 5, "road": 6, "memory": 4, "festival": 3,
    "thanks": 3, "question": 5, "mood": 7, "garden": 3, "health": 3, "game": 3,
}  # fmt: skip
"""Kinds of ordinary posts, with their weights."""

NEAR = {
    "sofa": 4, "baked": 3, "charity": 3, "farmers": 2, "tip": 6, "complaint": 4, "bargain": 6,
    "nurse": 1, "novel": 2,
}  # fmt: skip
"""Ordinary posts that come near to selling, and are not."""

RULES = {
    # small words
    "end": "。|。|！|～|……|，就这样。| 哈哈|",
    "face": "|||||[微笑]|[捂脸]|😊|😂|🌙|🌿|[呲牙]|✨",
    "day": "今天|今晚|昨天|昨晚|周六|周日下午|前天|下班后|一大早|午休的时候",
    "kin": "我妈|我爸|奶奶|外公|我媳妇|我家那位|我姐|表弟|二姨|小舅",
    "pal": "老同学|室友|隔壁工位的同事|发小|楼上邻居|大学班长|球友|老邻居|以前的师傅",
    "kid": "儿子|闺女|老大|小家伙|我家二宝|小侄子|外甥女",
    "good": "挺好|心里踏实|舒服|够我乐一天|值了|满足|没什么可抱怨的|比想的好",
    "bad": "有点丧|累得不想说话|哭笑不得|头大|不服不行|气得饭都少吃一碗|只能认了",
    "spot": "河边|小区后门|老城墙下|菜市场口|体育馆|街心公园|旧书店|江堤上|巷子口|铁路桥下",
    "season": "春天|夏天|秋天|冬天|梅雨季|三伏天|霜降前后",
    # meals
    "dish": "葱油拌面|腌笃鲜|醋溜白菜|鲫鱼豆腐汤|萝卜炖牛腩|手擀面|荠菜馄饨|咸蛋黄焗南瓜|"
    "土豆烧鸡|蒜蓉茄子|酸菜粉丝|小米粥配咸菜|韭菜盒子|香煎带鱼|冬瓜丸子汤|凉拌木耳",
    "cooked": "一看就会一做就废|盐放多了，不过都吃光了|头一回做成，得记下来|锅差点烧糊|"
    "照着外婆的法子做的|吃了两碗还想添|汤都没剩|火候还差一点|卖相一般，味道没得说",
    "meal": "{day}做了{dish}，{cooked}{end}{face}|{kin}做的{dish}，还是小时候那个味{end}|"
    "食堂居然有{dish}，{good}{end}|{dish}配{dish}，一个人也要好好吃饭{end}{face}|"
    "想吃{dish}想了一个星期，{day}总算吃上了{end}|跟{pal}约饭，点了{dish}，聊到打烊{end}|"
    "冰箱里只剩半棵白菜两个蛋，凑合出一顿，{good}{end}|学做{dish}第{n}次，{cooked}{end}|"
    "{kid}说我做的{dish}“还行”，这是最高评价了{end}{face}",
    # weather
    "sky": "雨下得跟倒水似的|天蓝得不像话|起了大雾，对面楼都看不见|风把晾的衣服吹跑了|"
    "突然降了十度|太阳出来了，被子晒得蓬松|下了头一场雪|闷得蝉都不叫了|云像谁用刷子刷过",
    "weather": "{day}{sky}，{good}{end}{face}|{sky}。出门的人多穿一件{end}|"
    "{season}就是这样，{sky}，习惯了{end}|{sky}，{kin}打电话来问我带伞没有{end}|"
    "站在{spot}看了十分钟天，{sky}{end}{face}|早上还是晴的，到中午{sky}，{bad}{end}",
    # children and parents
    "prank": "把盐当糖倒进了粥里|非要穿雨靴睡觉|在墙上画了一只“会飞的鱼”|问我月亮下班没有|"
    "把作业本落在了公交车上|抱着扫把说是马|自己系好了鞋带，左右反着|学会了骑车，摔了三跤没哭",
    "grown": "一转眼就这么高了|这也是一种本事|随谁呢这是|我憋着没笑|回头讲给他长大听|记一笔",
    "child": "{kid}{day}{prank}，{grown}{end}{face}|{kid}{prank}。老师在群里没说话{end}|"
    "家长会开了两个小时，{kid}的座位下面掉着半块橡皮，{grown}{end}|"
    "{kid}问我：“你小时候也{asked}吗？”我没敢答{end}|陪{kid}写作业，写到第{n}题，{bad}{end}|"
    "{kid}今年{age}岁了，生日快乐，{wish}{end}{face}",
    "asked": "怕黑|不爱吃胡萝卜|上课讲话|把老师画成恐龙|偷偷看漫画",
    "age": "三|四|五|六|七|八|九|十",
    "wish": "平安长大就好|愿你一直爱笑|今天可以晚睡半小时|蛋糕上的草莓都归你",
    "parents": "{kin}学会了发语音，每条都是五十九秒{end}{face}|回家住了两天，{kin}把冰箱塞得关不上{end}|"
    "陪{kin}去{spot}走了一圈，走得比我快{end}|{kin}的老花镜又找不着了，在头顶上{end}{face}|"
    "电话里{kin}说都好，别惦记。放下电话还是惦记{end}|给{kin}剪了头发，{good}{end}|"
    "{kin}退休以后迷上了{hobby}，比上班还准时{end}|翻到{kin}年轻时的照片，{looked}{end}",
    "hobby": "钓鱼|合唱团|太极剑|修收音机|种多肉|写毛笔字|下象棋|拉二胡",
    "looked": "真精神|跟现在的我一个表情|背面还写着日子|穿的那件毛衣如今在我柜子里",
    # pets, games
    "beast": "猫|狗子|橘猫|家里那只老猫|捡来的小黑狗|仓鼠|乌龟|鹦鹉",
    "caper": "趴在键盘上不肯走|把纸巾扯了一地|对着窗外的鸟叫了一下午|钻进了快递箱|"
    "偷吃了半根玉米|一听见开罐头就跑过来|睡得四脚朝天|把我的拖鞋藏到了沙发底下",
    "pet": "{beast}{day}{caper}{end}{face}|{beast}{caper}，{bad}{end}|带{beast}打针，它比我镇定{end}|"
    "{beast}来家里整{n}个月了，{caper}{end}|谁说{beast}不懂人话，一说洗澡就没影了{end}{face}|"
    "半夜被吵醒，原来是{beast}{caper}{end}",
    "game": "跟{pal}下了{n}盘棋，输多赢少，{good}{end}|拼图还差{n}块，怀疑被{beast}吃了{end}|"
    "{day}牌局散得早，{kin}赢了，请大家吃西瓜{end}|魔方拧了一个月，终于六面齐了{end}{face}|"
    "和{kid}玩跳房子，我先喘了{end}",
    # work, study
    "trouble": "打印机又卡纸了|会开了三个钟头，结论是再开一个|系统升级，全楼喝茶|"
    "方案改到第{n}版，客户说还是第一版好|电梯坏了，爬了十二层|盘点盘到天黑|投影仪只肯放绿色",
    "office": "{trouble}，{bad}{end}|{day}{trouble}{end}{face}|项目总算交了，{pal}请喝汽水，{good}{end}|"
    "值了{n}个夜班，今天补觉补到中午{end}|新来的小伙子叫我“老师”，{good}{end}|"
    "{pal}调去别的城市了，工位空着，还有他那盆绿萝{end}|下班路过{spot}，坐了会儿才回家{end}|"
    "开工第一天，{trouble}。熟悉的味道{end}",
    "course": "高数|古代汉语|有机化学|电路|宏观经济|解剖|编译原理|会计|西方美术史",
    "study": "{course}考完了，对答案的都走开{end}{face}|图书馆{n}点就没座了，{bad}{end}|"
    "{course}老师今天讲了个冷笑话，全班愣了半分钟{end}|背{course}背到梦里去了{end}|"
    "小组作业，四个人三个在“收到”{end}{face}|交了论文初稿，导师批注比正文长，{bad}{end}|"
    "在{spot}背单词，旁边大爷吊嗓子，互不打扰{end}",
    # sport, trips, stories
    "sport": "沿着{spot}跑了{n}公里，{good}{end}{face}|{day}打球崴了脚，{bad}{end}|"
    "跟{pal}爬山，说好不坐缆车，最后坐了{end}|游了{n}个来回，出水的时候腿都不是自己的{end}|"
    "坚持早起锻炼第{n}天，{kin}不信{end}|半程马拉松跑完，名次不提，{good}{end}",
    "town": "泉州|大理|绍兴|敦煌|扬州|青岛|西昌|伊宁|景德镇|丹东|潮州|平遥",
    "sight": "巷子里飘着桂花香|一碗汤面吃出汗来|城门洞里有人拉胡琴|海水是凉的，沙子是热的|"
    "在小店躲雨躲了一下午|老街的石板亮得能照人|日落用了整整二十分钟|星星多得像假的",
    "trip": "到{town}了，{sight}{end}{face}|{town}第{n}天，{sight}{end}|和{pal}在{town}，{sight}，{good}{end}|"
    "从{town}回来好几天，还在想：{sight}{end}|火车晚点，{town}站的长椅坐出感情了{end}|"
    "{town}很好，就是走得脚疼，{sight}{end}",
    "book": "《白塔以北》|《渡口的灯》|《第七个邮差》|《盐与风》|《长夜修表匠》|《南墙记》|"
    "《候鸟不说话》|《十一月的船》|《旧雨集》|《山中无电话》",
    "story": "看完了{book}，结尾{ending}{end}{face}|{pal}借我的{book}，书页里夹着一张旧车票{end}|"
    "{book}里有个人物，{like}{end}|重看{book}，才发现{ending}{end}|"
    "{day}电影院就三个人，放的是{book}改的片子，{ending}{end}|单曲循环一首老歌，从{spot}听到家{end}",
    "ending": "让人愣了好一会儿|没想到是那样|比书里温柔|埋了好几条线|哭湿了两张纸巾|留了个空白",
    "like": "说话的口气像极了我外公|倔得让人心疼|一辈子只做一件事|我大概认识这样的人",
    # house, road, garden, health
    "broken": "水龙头|热水器|门锁|窗纱|冰箱的灯|洗衣机|阳台的灯泡|马桶水箱",
    "house": "{broken}坏了，自己修的，{good}{end}{face}|收拾屋子，翻出{found}{end}|"
    "{broken}响了一夜，{bad}{end}|搬家第{n}天，还有一半箱子没拆{end}|"
    "{kin}来帮忙擦窗，嫌我的抹布不干净{end}|停电一小时，全楼的人都下来聊天了{end}",
    "found": "一盒没寄出去的明信片|小学的三道杠|一把不知道开哪儿的钥匙|{n}年前的日记|半副扑克牌",
    "line": "三号线|六路车|高架|环城路|过江隧道|城际列车|轮渡",
    "road": "{line}堵了{n}分钟，{bad}{end}|{line}上有人让座，{kid}说了谢谢{end}{face}|"
    "骑车上班第{n}天，{good}{end}|末班{line}，整节车厢的人都在打盹{end}|"
    "坐过了站，顺便看了看{spot}，{good}{end}|{line}换了新司机，报站像念诗{end}",
    "plant": "薄荷|番茄苗|茉莉|丝瓜|月季|小葱|石榴|文竹",
    "garden": "阳台的{plant}开花了，{good}{end}{face}|{plant}被鸟啄了，{bad}{end}|"
    "种了一个{season}的{plant}，就收了一小把{end}|{pal}给了一盆{plant}，养到第{n}天还活着{end}",
    "health": "感冒第{n}天，{kin}让喝姜汤{end}|体检完了，医生说少坐多走{end}|"
    "拔了智齿，只能喝粥，{bad}{end}{face}|戒糖第{n}天，路过面包店绕着走{end}|失眠，听了一夜雨{end}",
    # memory, festival, thanks, question, mood
    "memory": "路过{spot}，想起以前和{pal}在这儿{did}{end}|{n}年前的今天，{did}，{good}{end}|"
    "老房子要拆了，{kin}去拍了最后一张照片{end}|找到一张合影，认不全人了{end}{face}",
    "did": "分一根冰棍|等了一下午的车|放风筝|看露天电影|淋了一场雨|为一道题吵架",
    "feast": "元宵|端午|中秋|腊八|冬至|小年|重阳|清明",
    "festival": "{feast}，{kin}包了一桌子，{good}{end}{face}|{feast}没回家，自己煮了碗面{end}|"
    "{feast}安康，愿各位家里都热热闹闹{end}|{feast}的灯从{spot}一直挂到桥头{end}",
    "thanks": "谢谢{pal}{day}帮我搬东西{end}|钱包丢了，{pal}捡到送回来的，{good}{end}{face}|"
    "住院这几天多亏{kin}，都好了{end}|谢谢公交上扶我一把的姑娘{end}|生日收到好多话，一条一条看的，谢谢{end}",
    "question": "有人知道{broken}怎么修吗{ask}|谁家孩子也在{spot}学游泳{ask}|"
    "求推荐一本像{book}那样的书{ask}|{town}几月去好{ask}|{plant}叶子发黄是怎么回事{ask}|"
    "{dish}要不要焯水{ask}|有人捡到一串钥匙吗，掉在{spot}附近{ask}",
    "ask": "？|？在线等|？先谢过|，有懂的吗？|？[疑问]",
    "mood": "{day}什么也没做，{good}{end}|有些话写了又删{end}|{season}总是让人想慢一点{end}{face}|"
    "人到了一定年纪，{truth}{end}|{truth}，{day}才明白{end}|早点睡{end}|窗外{sky}，屋里{good}{end}|"
    "收到一封旧信，{bad}，又{good}{end}",
    "truth": "睡得着就是福气|和和气气比什么都强|话说七分就够|朋友不在多|饭要趁热吃，人要趁早见",
    # near to selling
    "thing": "沙发|婴儿床|自行车|电钢琴|书架|旧冰箱|折叠桌|滑板|台灯|跑步机",
    "sofa": "搬家，{thing}用不上了，{fair}块，自己来搬，就在{spot}{end}|"
    "家里的{thing}换新的了，旧的还能用，谁要给{fair}块就行，自提{end}|"
    "{kid}大了，{thing}闲着占地方，{fair}元转给需要的朋友{end}|{thing}免费送，只要你搬得动{end}{face}",
    "fair": "五十|八十|100|120|150|200|260|300",
    "cake": "戚风蛋糕|南瓜吐司|蛋黄酥|苹果派|绿豆糕|核桃饼干",
    "baked": "周末烤的{cake}，多做了几个，{pal}要就来拿，给点面粉钱就成{end}|"
    "第一次烤{cake}，卖给{pal}一个，收了十块，激动{end}{face}|{kid}学校义卖，我烤了{n}个{cake}{end}|"
    "给{kin}烤的{cake}，{cooked}{end}",
    "charity": "小区给{who_needs}募冬衣，旧的也行，洗干净送到{spot}{end}|"
    "周日{spot}义卖，钱都给{who_needs}，来逛逛{end}{face}|给{who_needs}捐了{n}本书，{good}{end}|"
    "{pal}家里遇到难处，单位在凑医药费，不勉强，尽一点心{end}",
    "who_needs": "山里的小学|福利院的孩子|受灾的村子|流浪动物站|养老院的老人",
    "crop": "脐橙|土豆|白菜|板栗|洋葱|雪梨|红薯",
    "farmers": "老家的{crop}今年丰收却没人收，村里人急得很，能吃的朋友帮忙买几斤{end}|"
    "驻村第{n}周，帮乡亲把{crop}装上车，{good}{end}|{kin}种的{crop}，自家吃不完，乡亲们按市价卖{end}",
    "ware": "面膜|护手霜|洗发水|保温杯|电饭煲|羽绒服|跑鞋|眼霜|防晒霜|蜂蜜",
    "tip": "这个{ware}用了半年，{effect}，自己买的{end}|{pal}问我用什么{ware}，超市随便拿的，{effect}{end}|"
    "换季，{ware}真离不了，{effect}{end}{face}|听{kin}的换了{ware}，{effect}{end}|"
    "{ware}别买太贵的，{effect}就行{end}",
    "effect": "挺好用|皮肤没那么干了|没踩雷|一般般|比以前那个强|气味淡淡的",
    "complaint": "朋友圈全是卖{ware}的，{bad}{end}|加了个老同学，开口就问我要不要{ware}，{bad}{end}|"
    "{kin}又在网上买了{ware}，一看是假的，{bad}{end}|劝大家别信什么“代理月入过万”，{pal}压了一屋子{ware}{end}|"
    "退个{ware}退了{n}天，客服换了四个{end}",
    "bargain": "{ware}超市打折，{fair}块，排了{n}分钟队，{good}{end}|{town}的{dish}，十二块一碗，{good}{end}|"
    "菜价又涨了，一把青菜六块，{bad}{end}|买了双鞋，{fair}元，穿着{good}{end}|"
    "理个发{fair}块，理完{kin}说白花了{end}{face}|二手书摊淘到{book}，才五块{end}",
    "nurse": "口罩要盖住鼻子，鼻夹捏紧，别摘下来再翻面用{end}|医用外科口罩四小时换一个，脸上勒印慢慢会消{end}|"
    "值班提醒：孩子发烧先量体温，别自己加药量{end}",
    "novel": "“掌柜的，这缎子多少银子一匹？”——{book}里这一段真好{end}|"
    "{book}写那个卖药糖的：“一分钱一块，先尝后买！”，{ending}{end}|"
    "抄一句{book}：“他卖了一辈子灯，自己屋里舍不得点。”{end}",
    # comments
    "answer": "哈哈哈哈|太真实了|同感|抱抱|羡慕了|好看|{face}{face}|下次叫上我|保重身体|我也是|"
    "多久没见了|这是哪儿？|看着就香|小家伙又长高了|加油|赞一个|笑出声|早点休息|求做法|"
    "我家{kid}也{prank}|记得{kin}也爱说这个|{good}|{bad}，是不是|改天聚聚|真好|辛苦了|原来如此|"
    "照片拍得好|被你说得想去{town}|同款{beast}|我那儿也是，{sky}|收到，周末去|你还是老样子",
    "reply": "谢谢{face}|哈哈是的|改天约|回头告诉你|就在{spot}|还行吧|你也是|好嘞|说来话长",
}
"""Rules for people who write Chinese."""
