/// The smallest template that has parameters and needs a domain.
package enum ShopTemplate {
    /// Texts by path.
    package static func files(_ version: String) -> [String: String] {
        [
            "template.yaml": """
            name: shop
            version: \(version)
            title: Shop
            description: A shop.
            parameters:
              type: object
              additionalProperties: false
              properties:
                workers: {type: integer, minimum: 0, maximum: 8, default: 2}
            needs:
              domain: true
            """,
            "base/config.yaml": """
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: shop
              namespace: "{{ namespace }}"
            data:
              domain: "{{ domain }}"
              workers: "{{ parameters.workers }}"
            """,
        ]
    }
}
